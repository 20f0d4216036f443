import { stat } from 'node:fs/promises'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import {
  type AudioTrack,
  chosenTrack,
  spokenLanguageParam,
  type TrackChoice,
  trackParams,
} from '../media/audio-track.ts'
import { type Clip, clipLengthArgs, clipParams, clippedLengthS, clipStart } from '../media/clip.ts'
import { keptStreams } from '../media/kept-streams.ts'
import { missingEnd, partText } from '../media/whole-media.ts'
import { schema } from '../schema/schema.ts'
import { AudioInfo } from '../speech/transcript.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, probeMedia } from '../tools/ffprobe.ts'

const sampleRateHz = 16_000
const bytesPerSample = 2
/** The header that ffmpeg writes when it is bitexact. */
const wavHeaderBytes = 44
/** How far the decoded audio may be shorter than declared: the padding of a last frame. */
const toleranceS = 0.5

export interface DemuxRequest {
  /** What the film holds. */
  readonly media: Media
  /** Which of its audio tracks is taken out, counted from 0. */
  readonly track: number
  readonly video: string
  readonly audio: string
  readonly clip: Clip
}

/**
 * Returns ffmpeg's arguments that make the WAV file that recognizers take: 16 kHz, mono, 16 bits, no metadata.
 * Audio that starts late, or has gaps, is filled with silence, so that a time in it is the time in the film.
 */
export function demuxArgs({ media, track, video, audio, clip }: DemuxRequest): string[] {
  const length = clipLengthArgs(clip)
  return [
    ...globalArgs(),
    ...inputArgs(video, clipStart(clip)),
    ...length,
    ...['-map', `0:a:${track}`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-af', 'aresample=async=1:first_pts=0', '-ac', '1', '-ar', String(sampleRateHz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(audio)],
    // In some containers (MPEG-TS) time 0 is where the first stream in use starts: so the picture is used, too.
    ...(keptStreams(media).video === undefined ? [] : [...length, '-map', '0:V:0', '-c', 'copy', '-f', 'null', '-']),
  ]
}

function audioTrackOf(host: Pick<ToolHost, 'fail' | 'log'>, media: Media, choice: TrackChoice): AudioTrack {
  const count = keptStreams(media).audio.length
  if (count === 0) return host.fail("the input 'video' has no sound: there is nothing to recognize")
  const track = chosenTrack(media, choice)
  if (track === undefined) {
    const tracks = `${count} audio track${count === 1 ? '' : 's'}`
    return host.fail(`the input 'video' has ${tracks}, and audioTrack is ${choice.audioTrack}: count from 0`)
  }
  const { position, stream } = track
  if (count > 1)
    host.log(`of ${count} audio tracks, audioTrack=${position} (${stream.language ?? 'no language'}) is taken`)
  return track
}

function checkClip(host: Pick<ToolHost, 'fail'>, clip: Clip, lengthS: number): void {
  if (clippedLengthS(lengthS, clip) > 0) return
  host.fail(
    `the clip starts at ${clip.clipStartS ?? 0} s, and the input 'video' ends at ${lengthS.toFixed(3)} s: choose an earlier clipStartS`,
  )
}

/** Takes the sound out of a film. Nothing of the film's metadata is in its outputs. */
export const demux = defineStage({
  name: 'demux',
  version: 1,
  description: 'Takes the sound out of a film, as the WAV file that recognizers take',
  inputs: { video: 'file' },
  params: schema(() => z.object({ ...clipParams(), ...trackParams(), ...spokenLanguageParam() })),
  outputs: { audio: 'audio.wav', info: json(AudioInfo) },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, outputs } = context
    const media = await probeMedia(context, inputs.video, 'video')
    const { position, stream } = audioTrackOf(context, media, params)
    const streamS = stream.endsS.length === 0 ? undefined : Math.min(...stream.endsS)
    const declaredS = media.durationS ?? streamS
    if (declaredS !== undefined) checkClip(context, params, declaredS)
    const part = await missingEnd(context, inputs.video, media)
    if (part !== undefined) context.fail(truncated(part))

    const request = { media, track: position, video: inputs.video, audio: outputs.audio, clip: params }
    await runFfmpeg(context, demuxArgs(request), {
      lengthS: clippedLengthS(declaredS ?? 0, params),
    })
    const { size } = await stat(outputs.audio)
    const durationS = Math.max(0, size - wavHeaderBytes) / (sampleRateHz * bytesPerSample)
    if (durationS === 0)
      context.fail(
        "the audio track of the input 'video' has nothing in it, or nothing in this clip: nothing was decoded",
      )
    const expectedS = clippedLengthS(streamS ?? 0, params)
    if (durationS < expectedS - toleranceS) context.fail(truncated(partText(durationS, expectedS)))
    return { info: { durationS } }
  },
})

function truncated(part: string): string {
  return `the input 'video' is cut off: ${part} are there; get the whole file, and run again`
}
