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
  const reader = new LoudnessReader()
  await host.exec(ffmpeg, loudnessArgs(path), { onStderrLine: (line) => reader.line(line) })
  return reader.loudness
}

/** Reads what ffmpeg's `ebur128=peak=true:framelog=verbose` prints to standard error. */
export class LoudnessReader {
  #integratedLufs = Number.NEGATIVE_INFINITY
  #truePeakDb = Number.NEGATIVE_INFINITY

  line(line: string): void {
    const loud = /^\s*I:\s+(-?[\d.]+) LUFS/.exec(line)?.[1]
    const peak = /^\s*Peak:\s+(-?[\d.]+) dBFS/.exec(line)?.[1]
    if (loud !== undefined) this.#integratedLufs = Number(loud)
    if (peak !== undefined) this.#truePeakDb = Number(peak)
  }

  get loudness(): Loudness {
    // What the filter prints for silence.
    const isSilent = this.#integratedLufs <= -70
    return { integratedLufs: isSilent ? Number.NEGATIVE_INFINITY : this.#integratedLufs, truePeakDb: this.#truePeakDb }
  }
}
