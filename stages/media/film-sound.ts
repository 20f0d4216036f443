import { join } from 'node:path'
import { decoders } from '../tools/decoders.ts'
import { globalArgs, inputArgs, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { type Media, type MediaStream, probed, probeMedia } from '../tools/ffprobe.ts'
import { chosenTrack, type TrackChoice } from './audio-track.ts'
import { type Clip, type ClipReach, clipEndArgs, clippedLengthS, clipReach } from './clip.ts'
import { clockArgs } from './clock.ts'
import { missingBytes, missingSamples, partText, saysCutOff } from './cut-off.ts'
import { keptList, streamText } from './kept-streams.ts'
import { stereoOutputArgs } from './mono.ts'
import { readTimeline, timelineEndS, timelineOutputArgs } from './timeline.ts'

/** Sound of a telephone; what recognizers have learned from has at least 16 kHz. */
const telephoneHz = 8_000
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
  readonly rateHz: number
}

/** Returns ffmpeg's arguments that take the sound out, and all times of the film: the sound alone does not tell them. */
export function demuxArgs({ media, track, video, clock, reach, stereo, timeline, rateHz }: DemuxRequest): string[] {
  const end = clipEndArgs(reach)
  return [
    ...globalArgs(),
    ...clock,
    ...inputArgs(video, reach.input),
    ...[...end, ...stereoOutputArgs(track, stereo, rateHz)],
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

/** A film's sound while a step runs: two channels with their times, and which of it is wanted. */
export interface FilmSound {
  /** What `stereoOutputArgs` made. */
  readonly stereo: string
  readonly startS: number
  readonly endS: number
  /** Whether the film's sound has one channel, which ffmpeg spreads over two with less of it in each. */
  readonly fromMono: boolean
}

/** What the sound of a film is taken out with. */
export type SoundHost = ToolHost & {
  readonly inputs: { readonly video: string }
  readonly params: Clip & TrackChoice
}

/** Takes the sound out of the input `video` of a step. */
export async function takeFilmSound(context: SoundHost, rateHz: number): Promise<FilmSound> {
  const { inputs, params, tempDir } = context
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
  const args = demuxArgs({ media, track, video: inputs.video, clock, reach, stereo, timeline, rateHz })
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
  return { stereo, startS, endS: startS + lengthS, fromMono: track.channels === 1 }
}

export const nothingDecoded =
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
export async function filmLengthS(
  host: Pick<ToolHost, 'exec'>,
  tempDir: string,
  { skipS, endS }: ClipReach,
): Promise<number> {
  const packetsEndS = timelineEndS(await readTimeline(timelinePath(tempDir)))
  const sound = await probed(host, stereoPath(tempDir))
  const soundEndS = (sound?.startS ?? 0) + (sound?.durationS ?? 0)
  return Math.min(Math.max(packetsEndS, soundEndS), endS ?? Number.POSITIVE_INFINITY) - skipS
}
