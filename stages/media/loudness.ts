import { ffmpeg, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'

/** How loud a recording is (ITU-R BS.1770, EBU R 128). */
export interface Loudness {
  /** Integrated loudness, in LUFS; minus infinity for silence. */
  readonly integratedLufs: number
  /** The true peak, in dBTP. */
  readonly truePeakDb: number
}

/** Returns ffmpeg's arguments that measure the loudness of a file's first audio stream. */
export function loudnessArgs(path: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info'],
    ...inputArgs(path),
    ...['-map', '0:a:0', '-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'],
  ]
}

/** Measures the loudness of a file's first audio stream. */
export async function measureLoudness(host: Pick<ToolHost, 'exec'>, path: string): Promise<Loudness> {
  let integratedLufs = Number.NEGATIVE_INFINITY
  let truePeakDb = Number.NEGATIVE_INFINITY
  const onStderrLine = (line: string) => {
    const loud = /^\s*I:\s+(-?[\d.]+) LUFS/.exec(line)?.[1]
    const peak = /^\s*Peak:\s+(-?[\d.]+) dBFS/.exec(line)?.[1]
    if (loud !== undefined) integratedLufs = Number(loud)
    if (peak !== undefined) truePeakDb = Number(peak)
  }
  await host.exec(ffmpeg, loudnessArgs(path), { onStderrLine })
  // What the filter prints for silence.
  return { integratedLufs: integratedLufs <= -70 ? Number.NEGATIVE_INFINITY : integratedLufs, truePeakDb }
}
