import fc from 'fast-check'
import { describe, it } from 'vitest'
import { checkNothingToDo, checkOutputs, checkWhole, playRounds, run } from './rounds.ts'
import { explore, scenarios, timeLimitMs } from './runs.ts'

describe('a random graph, edited at random', () => {
  it(
    'executes exactly what must be, makes what a recomputation makes, and has nothing to do the second time',
    async () => {
      await explore('edits', scenarios(fc.constant({})), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const before = new Set(laboratory.recorded)
          const observed = await run(laboratory, prepared, round)
          await checkWhole(laboratory, prepared, before, observed)
          checkOutputs(prepared, observed.result)
          await checkNothingToDo(laboratory, prepared)
        }),
      )
    },
    timeLimitMs,
  )
})
