import fc from 'fast-check'
import { edits } from './edits.ts'
import { drawnSteps } from './program.ts'
import type { Round } from './rounds.ts'

/** How often a property is tried: a few times in every test run, and as often as asked by `REPRISE_PROPERTY_RUNS`. */
export function tries(few: number): { readonly numRuns: number; readonly interruptAfterTimeLimit: number } {
  const numRuns = Number(process.env.REPRISE_PROPERTY_RUNS ?? few)
  return { numRuns, interruptAfterTimeLimit: Math.max(30_000, numRuns * 2000) }
}

/** The time that a test of `few` tries may take, in milliseconds. */
export function timeLimitMs(few: number): number {
  return tries(few).interruptAfterTimeLimit + 30_000
}

export const concurrencies = fc.integer({ min: 1, max: 4 })
export const failings = fc.integer({ min: 0, max: 4 })

/** Draws scenarios whose rounds are made of `more` besides edits. */
export function scenarios<More extends object>(more: fc.Arbitrary<More>, maxRounds = 4) {
  const round = fc.tuple(
    fc.record({ edits: fc.array(edits, { maxLength: 3 }), concurrency: concurrencies, shuffle: fc.nat({ max: 999 }) }),
    more,
  )
  return fc.record({
    drawn: drawnSteps,
    inlineBytesMax: fc.constantFrom(0, 6, 32_768),
    rounds: fc.array(
      round.map(([base, extra]): Round & More => ({ ...base, ...extra })),
      { minLength: 1, maxLength: maxRounds },
    ),
  })
}
