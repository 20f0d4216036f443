import type { Contract, InputDeclarations } from 'reprise'
import { measuredPeakDb } from '../tools/peak.ts'

/** What ffmpeg's volumedetect says of digital silence is -91 dB for 16 bits; quiet speech peaks far above -60 dB. */
const silenceDb = -60

/** Returns the contract that a media output can be heard. The stage declares `ffmpeg` in its tools. */
export function isNotSilent<Output extends string>(
  output: Output,
  { thresholdDb = silenceDb }: { readonly thresholdDb?: number } = {},
): Contract<InputDeclarations, object, Readonly<Record<Output, string>>> {
  return {
    name: `${output} is not silent`,
    async check({ outputs, exec }) {
      const path: string = outputs[output]
      const peak = await measuredPeakDb({ exec }, path)
      if (peak !== undefined && peak > thresholdDb) return undefined
      const expected = `a peak above ${thresholdDb} dB`
      return [
        { message: `${output} is silent`, expected, found: peak === undefined ? 'no sound at all' : `${peak} dB` },
      ]
    },
  }
}
