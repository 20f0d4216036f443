import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPart, recover } from './recovery.ts'
import { playRounds, run } from './rounds.ts'
import { explore, scenarios, timeLimitMs } from './runs.ts'

describe('a random graph that is cancelled at a random event', () => {
  it(
    'leaves nothing half-done, and goes on from there',
    async () => {
      const cancels = fc.record({ cancelAt: fc.integer({ min: 1, max: 60 }), keepGoing: fc.boolean() })
      await explore('cancel', scenarios(cancels, 3), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const before = new Set(laboratory.recorded)
          const observed = await run(laboratory, prepared, round)
          expect(observed.result.failedSteps).toEqual([])
          const cancelled = observed.of('pipeline_cancelled').length === 1
          expect(observed.result.status).toBe(cancelled ? 'cancelled' : 'completed')
          const done = [...observed.result.outcomes.values()].every(({ kind }) => kind !== 'cancelled')
          expect(done).toBe(!cancelled)
          await checkPart(laboratory, prepared, before, observed)
          await recover(laboratory, prepared, round)
        }),
      )
    },
    timeLimitMs,
  )
})
