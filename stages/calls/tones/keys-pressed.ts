import type { Digit } from './dtmf.ts'
import type { FoundTone } from './found-tone.ts'

/** Keys that are pressed within so long are one number. */
const togetherS = 3

/** Names the keys that were pressed in one channel: those that follow each other are one number. */
export function keysPressed(digits: readonly Digit[], channel: number): readonly FoundTone[] {
  const runs: (readonly Digit[])[] = []
  for (const digit of digits) {
    const run = runs.at(-1)
    if (run !== undefined && digit.fromS - (run.at(-1)?.toS ?? 0) <= togetherS) runs[runs.length - 1] = [...run, digit]
    else runs.push([digit])
  }
  return runs.map((run): FoundTone => {
    const snrs = run.map(({ snrDb }) => snrDb).sort((one, other) => one - other)
    return {
      kind: 'dtmf',
      keys: run.map(({ key }) => key).join(''),
      countries: [],
      otherwise: [],
      channel,
      fromS: run[0]?.fromS ?? 0,
      toS: run.at(-1)?.toS ?? 0,
      hz: [],
      cadence: [],
      bursts: run.length,
      snrDb: Math.round((snrs[snrs.length >> 1] ?? 0) * 10) / 10,
    }
  })
}
