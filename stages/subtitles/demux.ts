import { stat } from 'node:fs/promises'
import * as z from 'zod/mini'
import { defineStage, json } from '../../src/core/index.ts'
import { described, schema } from '../schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, type MediaStream, probeMedia } from '../tools/ffprobe.ts'
import { type Clip, clipLengthArgs, clipParams, clippedLengthS, clipStart } from './clip.ts'
import { keptStreams } from './kept-streams.ts'
import { AudioInfo } from './transcript.ts'
import { missingEnd, partText } from './whole-media.ts'

const sampleRateHz = 16_000
const bytesPerSample = 2
/** The header that ffmpeg writes when it is bitexact. */
const wavHeaderBytes = 44
/** How far the decoded audio may be shorter than declared: the padding of a last frame. */
const toleranceS = 0.5

export interface DemuxParams extends Clip {
  readonly audioTrack: number
}

/**
 * Returns ffmpeg's arguments that make the WAV file that recognizers take: 16 kHz, mono, 16 bits, no metadata.
 * Audio that starts late, or has gaps, is filled with silence, so that a time in it is the time in the film.
 */
export function demuxArgs(media: Media, video: string, audio: string, params: DemuxParams): string[] {
  const length = clipLengthArgs(params)
  return [
    ...globalArgs(),
    ...inputArgs(video, clipStart(params)),
    ...length,
    ...['-map', `0:a:${params.audioTrack}`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-af', 'aresample=async=1:first_pts=0', '-ac', '1', '-ar', String(sampleRateHz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(audio)],
    // In some containers (MPEG-TS) time 0 is where the first stream in use starts: so the picture is used, too.
    ...(keptStreams(media).video === undefined ? [] : [...length, '-map', '0:V:0', '-c', 'copy', '-f', 'null', '-']),
  ]
}

function audioStream(host: Pick<ToolHost, 'fail'>, media: Media, track: number): MediaStream {
  const tracks = media.streams.filter(({ kind }) => kind === 'audio')
  if (tracks.length === 0) return host.fail("the input 'video' has no sound: there is nothing to recognize")
  const stream = tracks[track]
  return (
    stream ?? host.fail(`the input 'video' has ${tracks.length} audio tracks, and audioTrack is ${track}: count from 0`)
  )
}

function checkClip(host: Pick<ToolHost, 'fail'>, clip: Clip, lengthS: number): void {
  if (clippedLengthS(lengthS, clip) > 0) return
  host.fail(
    `the clip starts at ${clip.clipStartS ?? 0} s, and the input 'video' ends at ${lengthS.toFixed(3)} s: choose an earlier clipStartS`,
  )
}

/** Returns the param that chooses among a film's audio tracks. */
export function trackParams() {
  return {
    audioTrack: described(z._default(z.int().check(z.gte(0)), 0), 'which audio track is recognized, counted from 0'),
  }
}

/** Takes the sound out of a film. Nothing of the film's metadata is in its outputs. */
export const demux = defineStage({
  name: 'demux',
  version: 1,
  description: 'Takes the sound out of a film, as the WAV file that recognizers take',
  inputs: { video: 'file' },
  params: schema(() => z.object({ ...clipParams(), ...trackParams() })),
  outputs: { audio: 'audio.wav', info: json(AudioInfo) },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, outputs } = context
    const media = await probeMedia(context, inputs.video, 'video')
    const stream = audioStream(context, media, params.audioTrack)
    const streamS = stream.endsS.length === 0 ? undefined : Math.min(...stream.endsS)
    const declaredS = media.durationS ?? streamS
    if (declaredS !== undefined) checkClip(context, params, declaredS)
    const part = await missingEnd(context, inputs.video, media)
    if (part !== undefined) context.fail(truncated(part))

    await runFfmpeg(context, demuxArgs(media, inputs.video, outputs.audio, params), {
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
