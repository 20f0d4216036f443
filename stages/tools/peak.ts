import { anyExitCode, ffmpeg, type InputOptions, inputArgs, type ToolHost } from './ffmpeg.ts'

export interface PeakRequest extends InputOptions {
  /** What is done to the sound before it is measured. */
  readonly filter?: string
}

/** Returns ffmpeg's arguments that measure the peak of a file's first audio stream. */
export function peakArgs(path: string, { filter, ...input }: PeakRequest = {}): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info'],
    ...inputArgs(path, input),
    ...['-map', '0:a:0', '-af', filter === undefined ? 'volumedetect' : `${filter},volumedetect`, '-f', 'null', '-'],
  ]
}

/** Returns the peak, in decibels below full scale, on a line that ffmpeg's volumedetect printed. */
export function peakDb(line: string): number | undefined {
  const db = /\bmax_volume: (-?[\d.]+|-inf) dB/.exec(line)?.[1]
  return db === undefined ? undefined : db === '-inf' ? Number.NEGATIVE_INFINITY : Number(db)
}

/** Returns the peak of a file's sound, in decibels below full scale; undefined where there is no sound at all. */
export async function measuredPeakDb(
  host: Pick<ToolHost, 'exec'>,
  path: string,
  request: PeakRequest = {},
): Promise<number | undefined> {
  let peak: number | undefined
  const onStderrLine = (line: string) => {
    peak = peakDb(line) ?? peak
  }
  await host.exec(ffmpeg, peakArgs(path, request), { onStderrLine, okExitCodes: anyExitCode })
  return peak
}
