import fc from 'fast-check'
import { describe, it } from 'vitest'
import { recover } from './recovery.ts'
import { checkWhole, playRounds, run } from './rounds.ts'
import { explore, failings, scenarios, timeLimitMs } from './runs.ts'

describe('a random graph in which steps fail', () => {
  it(
    'does all that does not depend on a failure when it keeps going, and recovers',
    async () => {
      await explore('keep-going', scenarios(fc.record({ failing: failings }), 3), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const before = new Set(laboratory.recorded)
          const observed = await run(laboratory, prepared, { ...round, keepGoing: true })
          await checkWhole(laboratory, prepared, before, observed)
          await recover(laboratory, prepared, round)
        }),
      )
    },
    timeLimitMs,
  )
})
