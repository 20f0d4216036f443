import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, secondsArg, type ToolHost } from '../tools/ffmpeg.ts'
import type { MediaStream } from '../tools/ffprobe.ts'
import { measuredPeakDb } from '../tools/peak.ts'

/** What speech recognizers take. */
export const sampleRateHz = 16_000

/** The most channels that ffmpeg mixes by where they stand; of more, no recorder agrees on what they are. */
const mostPlacedChannels = 8

/** Returns the filter that mixes any number of channels to two. */
export function stereoFilter({ channels }: Pick<MediaStream, 'channels'>): string {
  if (channels <= mostPlacedChannels) return 'aformat=channel_layouts=stereo'
  // Of different weight, so that no two of them cancel out; and none made quieter by the many that may be silent.
  const side = (first: number) =>
    Array.from(
      { length: Math.ceil((channels - first) / 2) },
      (_, at) => `${(1 / (1 + at / 4)).toFixed(3)}*c${first + 2 * at}`,
    )
  return `pan=stereo|c0=${side(0).join('+')}|c1=${side(1).join('+')},alimiter=limit=0.9:level=0`
}

/**
 * Returns the arguments of one of ffmpeg's outputs: the sound as two channels with their times. With each change of the
 * sound's layout, ffmpeg builds its filters anew; so those that must see all of the sound run afterwards.
 */
export function stereoOutputArgs(stream: MediaStream, path: string, rateHz = sampleRateHz): string[] {
  return [
    ...['-map', `0:${stream.index}`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-af', stereoFilter(stream), '-ac', '2', '-ar', String(rateHz), '-c:a', 'pcm_f32le'],
    ...['-avoid_negative_ts', 'disabled', '-f', 'nut', fileUrl(path)],
  ]
}

/** Below this, the difference of two channels is what a lossy codec made of none. */
const differenceDb = -55

/** Which part of the sound is wanted, in seconds. */
export interface MonoRequest {
  /** What `stereoOutputArgs` made. */
  readonly stereo: string
  readonly output: string
  readonly startS: number
  readonly endS: number
  /** Whether the film's sound has one channel, which ffmpeg spreads over two with less of it in each. */
  readonly fromMono: boolean
}

/** A quarter of a turn apart, two channels never cancel out, whatever their phase. */
const turned =
  'channelsplit=channel_layout=stereo[l][r];[l]aphaseshift=shift=0[l0];[r]aphaseshift=shift=0.5[r0];' +
  '[l0][r0]join=inputs=2:channel_layout=stereo'

/** By default, a gap of less than 0.1 s is left out, and all that follows is early by it. This is a frame of a film. */
const silenceInGaps = 'aresample=async=1:min_hard_comp=0.04:first_pts=0'

/** Returns ffmpeg's arguments that make the WAV file: what is missing at its start, in it and at its end is silence. */
export function monoArgs({ stereo, output, startS, endS, fromMono }: MonoRequest, channelsDiffer: boolean): string[] {
  const half = fromMono ? Math.SQRT1_2.toFixed(9) : '0.5'
  const filters = [
    silenceInGaps,
    ...(channelsDiffer ? [turned] : []),
    `pan=mono|c0=${half}*c0+${half}*c1`,
    `apad=whole_dur=${secondsArg(endS)}`,
    `atrim=start=${secondsArg(startS)}:end=${secondsArg(endS)}`,
  ]
  return [
    ...[...globalArgs(), '-copyts'],
    ...inputArgs(stereo, { format: 'nut' }),
    ...['-filter_complex', `[0:a]${filters.join(',')}[out]`, '-map', '[out]'],
    ...['-map_metadata', '-1', '-ar', String(sampleRateHz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(output)],
  ]
}

/** Makes the WAV file that recognizers take: 16 kHz, mono, 16 bits. Returns false where there is no sound at all. */
export async function makeMono(host: ToolHost, request: MonoRequest): Promise<boolean> {
  const difference = { format: 'nut', filter: 'pan=mono|c0=0.5*c0-0.5*c1' }
  const peakDb = await measuredPeakDb(host, request.stereo, difference)
  if (peakDb === undefined) return false
  await host.exec(ffmpeg, monoArgs(request, peakDb > differenceDb))
  return true
}

/** Returns ffmpeg's arguments that make a WAV file of both channels: what is missing is silence, as in `monoArgs`. */
export function stereoArgs({ stereo, output, startS, endS }: Omit<MonoRequest, 'fromMono'>, rateHz: number): string[] {
  const filters = [
    silenceInGaps,
    `apad=whole_dur=${secondsArg(endS)}`,
    `atrim=start=${secondsArg(startS)}:end=${secondsArg(endS)}`,
  ]
  return [
    ...[...globalArgs(), '-copyts'],
    ...inputArgs(stereo, { format: 'nut' }),
    ...['-af', filters.join(','), '-map_metadata', '-1', '-ac', '2', '-ar', String(rateHz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(output)],
  ]
}
