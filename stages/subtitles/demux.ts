import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { chosenTrack, spokenLanguageParam, type TrackChoice, trackParams } from '../media/audio-track.ts'
import { type Clip, type ClipReach, clipEndArgs, clipParams, clippedLengthS, clipReach } from '../media/clip.ts'
import { clockArgs } from '../media/clock.ts'
import { missingBytes, missingSamples, partText, saysCutOff } from '../media/cut-off.ts'
import { keptList, streamText } from '../media/kept-streams.ts'
import { makeMono, sampleRateHz, stereoOutputArgs } from '../media/mono.ts'
import { readTimeline, timelineEndS, timelineOutputArgs } from '../media/timeline.ts'
import { schema } from '../schema/schema.ts'
import { AudioInfo } from '../speech/transcript.ts'
import { decoders } from '../tools/decoders.ts'
import { ffmpeg, globalArgs, inputArgs, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, type MediaStream, probed, probeMedia } from '../tools/ffprobe.ts'

const bytesPerSample = 2
/** The header that ffmpeg writes when it is bitexact. */
const wavHeaderBytes = 44
/** Sound of a telephone; what recognizers have learned from has at least 16 kHz. */
const telephoneHz = 8_000
/** How far the sound may be shorter or longer than the film. */
const toleranceS = 0.05

export interface DemuxRequest {
  /** What the film holds. */
  readonly media: Media
  readonly track: MediaStream
  readonly video: string
  /** How its times are read. */
  readonly clock: readonly string[]
  readonly reach: ClipReach
  /** Where the sound goes. */
  readonly stereo: string
  /** Where the times of all the film's packets go. */
  readonly timeline: string
}

/** Returns ffmpeg's arguments that take the sound out, and all times of the film: the sound alone does not tell them. */
export function demuxArgs({ media, track, video, clock, reach, stereo, timeline }: DemuxRequest): string[] {
  const end = clipEndArgs(reach)
  return [
    ...globalArgs(),
    ...clock,
    ...inputArgs(video, reach.input),
    ...[...end, ...stereoOutputArgs(track, stereo)],
    ...[...end, ...timelineOutputArgs(keptList(media), timeline)],
  ]
}

async function audioTrackOf(host: ToolHost, media: Media, choice: TrackChoice): Promise<MediaStream> {
  const tracks = media.streams.filter(({ kind }) => kind === 'audio')
  const count = tracks.length
  if (count === 0) return host.fail("the input 'video' has no sound: there is nothing to recognize")
  const decodable = await decoders(host)
  const track = chosenTrack(media, choice, decodable)
  if (track === undefined && choice.audioTrack !== undefined) {
    const there = `${count} audio track${count === 1 ? '' : 's'}`
    return host.fail(`the input 'video' has ${there}, and audioTrack is ${choice.audioTrack}: count from 0`)
  }
  if (track === undefined || !decodable.has(track.stream.codec)) {
    const found = (track === undefined ? tracks : [track.stream]).map(streamText).join(', ')
    return host.fail(`ffmpeg cannot decode the sound of the input 'video': ${found}; choose another file or audioTrack`)
  }
  const { position, stream } = track
  if (count > 1)
    host.log(`of ${count} audio tracks, audioTrack=${position} (${stream.language ?? 'no language'}) is taken`)
  if (stream.sampleRateHz > 0 && stream.sampleRateHz <= telephoneHz)
    host.warn(`the sound has ${stream.sampleRateHz} Hz, as on a telephone: more words than usual will be wrong`)
  return stream
}

/** Takes the sound out of a film. Nothing of the film's metadata is in its outputs. */
export const demux = defineStage({
  name: 'demux',
  version: 2,
  description: 'Takes the sound out of a film, as the WAV file that recognizers take',
  inputs: { video: 'file' },
  params: schema(() => z.object({ ...clipParams(), ...trackParams(), ...spokenLanguageParam() })),
  outputs: { audio: 'audio.wav', info: json(AudioInfo) },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: "sound as long as the film's own time line",
      async check({ inputs, params, outputs, tempDir, exec }) {
        const media = await probed({ exec }, inputs.video)
        const reach = clipReach(params, media ?? { format: '' })
        const filmS = await filmLengthS({ exec }, tempDir, reach)
        const soundS = await wavLengthS(outputs.audio)
        if (Math.abs(soundS - filmS) <= toleranceS) return undefined
        const [expected, found] = [`${filmS.toFixed(3)} s`, `${soundS.toFixed(3)} s`]
        return [{ message: "the sound is not as long as the film's own time line", expected, found }]
      },
    },
  ],
  async run(context) {
    const { inputs, params, outputs, tempDir } = context
    const media = await probeMedia(context, inputs.video, 'video')
    const track = await audioTrackOf(context, media, params)
    const bytes = await missingBytes(inputs.video)
    if (bytes !== undefined) context.fail(truncated(bytes))

    const reach = clipReach(params, media)
    const stereo = stereoPath(tempDir)
    const timeline = timelinePath(tempDir)
    let isCutOff = false
    const onStderrLine = (line: string) => {
      isCutOff ||= saysCutOff(line)
    }
    const clock = await clockArgs(context, inputs.video, media)
    const args = demuxArgs({ media, track, video: inputs.video, clock, reach, stereo, timeline })
    const span = { lengthS: clippedLengthS(media.durationS ?? 0, params), to: 0.9 }
    await runFfmpeg(context, args, span, { onStderrLine }).catch((error: unknown) => {
      if (!isCutOff) throw error
    })
    const spans = await readTimeline(timeline)
    const thereS = timelineEndS(spans)
    const isWhole = params.clipEndS === undefined && !isCutOff
    const missing = isCutOff ? partText(thereS, media.durationS) : isWhole ? missingSamples(media, thereS) : undefined
    if (missing !== undefined) context.fail(truncated(missing))

    const lengthS = await filmLengthS(context, tempDir, reach)
    if (lengthS <= 0) context.fail(nothingThere(params, thereS === 0 ? media.durationS : thereS))
    const startS = reach.skipS
    const request = { stereo, output: outputs.audio, startS, endS: startS + lengthS, fromMono: track.channels === 1 }
    if (!(await makeMono(context, request))) context.fail(nothingDecoded)
    return { info: { durationS: await wavLengthS(outputs.audio) } }
  },
})

const nothingDecoded =
  "the audio track of the input 'video' has nothing in it, or nothing in this clip: nothing was decoded"

function nothingThere({ clipStartS }: Clip, endS: number | undefined): string {
  if (clipStartS === undefined) return nothingDecoded
  const end = endS === undefined || endS > clipStartS ? 'earlier' : `at ${endS.toFixed(3)} s`
  return `the clip starts at ${clipStartS} s, and the input 'video' ends ${end}: choose an earlier clipStartS`
}

function truncated(part: string): string {
  return `the input 'video' is cut off: ${part} are there; get the whole file, and run again`
}

/** Where the film's sound is while the step runs. */
function stereoPath(tempDir: string): string {
  return join(tempDir, 'stereo.nut')
}

/** Where the times of the film's packets are while the step runs. */
function timelinePath(tempDir: string): string {
  return join(tempDir, 'timeline.txt')
}

/**
 * Returns how long the film, or its clip, lasts on its own time line: until its last packet ends, or what was decoded of
 * that, for not every container tells how long a packet lasts.
 */
async function filmLengthS(host: Pick<ToolHost, 'exec'>, tempDir: string, { skipS, endS }: ClipReach): Promise<number> {
  const packetsEndS = timelineEndS(await readTimeline(timelinePath(tempDir)))
  const sound = await probed(host, stereoPath(tempDir))
  const soundEndS = (sound?.startS ?? 0) + (sound?.durationS ?? 0)
  return Math.min(Math.max(packetsEndS, soundEndS), endS ?? Number.POSITIVE_INFINITY) - skipS
}

async function wavLengthS(path: string): Promise<number> {
  const { size } = await stat(path)
  return Math.max(0, size - wavHeaderBytes) / (sampleRateHz * bytesPerSample)
}
