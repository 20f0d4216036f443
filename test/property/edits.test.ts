import fc from 'fast-check'
import { describe, it } from 'vitest'
import { checkNothingToDo, checkOutputs, checkWhole, playRounds, run } from './rounds.ts'
import { scenarios, timeLimitMs, tries } from './runs.ts'

const few = 30

describe('a random graph, edited at random', () => {
  it(
    'executes exactly what must be, makes what a recomputation makes, and has nothing to do the second time',
    async () => {
      const scenario = scenarios(fc.constant({}))
      await fc.assert(
        fc.asyncProperty(scenario, (drawn) =>
          playRounds(drawn, async (laboratory, prepared, round) => {
            const before = new Set(laboratory.recorded)
            const observed = await run(laboratory, prepared, round)
            await checkWhole(laboratory, prepared, before, observed)
            checkOutputs(prepared, observed.result)
            await checkNothingToDo(laboratory, prepared)
          }),
        ),
        tries(few),
      )
    },
    timeLimitMs(few),
  )
})
