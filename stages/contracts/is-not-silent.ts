import type { Contract, InputDeclarations } from 'reprise'
import { ffmpeg, inputArgs } from '../tools/ffmpeg.ts'

/** What ffmpeg's volumedetect says of digital silence is -91 dB for 16 bits; quiet speech peaks far above -60 dB. */
const silenceDb = -60

/** Returns ffmpeg's arguments that measure the peak of a file's first audio stream. */
export function peakArgs(path: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info'],
    ...inputArgs(path),
    ...['-map', '0:a:0', '-af', 'volumedetect', '-f', 'null', '-'],
  ]
}

/** Returns the peak, in decibels below full scale, on a line that ffmpeg's volumedetect printed. */
export function peakDb(line: string): number | undefined {
  const db = /\bmax_volume: (-?[\d.]+|-inf) dB/.exec(line)?.[1]
  return db === undefined ? undefined : db === '-inf' ? Number.NEGATIVE_INFINITY : Number(db)
}

/** Returns the contract that a media output can be heard. The stage declares `ffmpeg` in its tools. */
export function isNotSilent<Output extends string>(
  output: Output,
  { thresholdDb = silenceDb }: { readonly thresholdDb?: number } = {},
): Contract<InputDeclarations, object, Readonly<Record<Output, string>>> {
  return {
    name: `${output} is not silent`,
    async check({ outputs, exec }) {
      const path: string = outputs[output]
      let peak: number | undefined
      const onStderrLine = (line: string) => {
        peak = peakDb(line) ?? peak
      }
      await exec(ffmpeg, peakArgs(path), { onStderrLine, okExitCodes: [0, 1, 234] })
      if (peak !== undefined && peak > thresholdDb) return undefined
      const expected = `a peak above ${thresholdDb} dB`
      return [
        { message: `${output} is silent`, expected, found: peak === undefined ? 'no sound at all' : `${peak} dB` },
      ]
    },
  }
}
