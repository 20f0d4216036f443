import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPart, recover } from './recovery.ts'
import { playRounds, run } from './rounds.ts'
import { explore, failings, scenarios, timeLimitMs } from './runs.ts'

describe('a random graph in which steps fail', () => {
  it(
    'starts nothing after the first failure when it does not, and recovers',
    async () => {
      await explore('fail-fast', scenarios(fc.record({ failing: failings }), 3), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const before = new Set(laboratory.recorded)
          const observed = await run(laboratory, prepared, round)
          const mustFail = [...prepared.cells.values()].some(({ kind }) => kind === 'failed')
          expect(observed.result.status).toBe(mustFail ? 'failed' : 'completed')
          const names = observed.events.map(({ event }) => event)
          const after = names.includes('stage_failed') ? names.slice(names.indexOf('stage_failed')) : []
          expect(after).not.toContain('stage_running')
          await checkPart(laboratory, prepared, before, observed)
          await recover(laboratory, prepared, round)
        }),
      )
    },
    timeLimitMs,
  )
})
