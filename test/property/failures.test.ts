import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedRun } from '../rig/workbench.ts'
import { evaluate } from './evaluate.ts'
import type { Laboratory } from './laboratory.ts'
import {
  checkNothingToDo,
  checkOutputs,
  checkStepsDone,
  checkWhole,
  type Prepared,
  playRounds,
  type Round,
  run,
} from './rounds.ts'
import { explore, failings, scenarios, timeLimitMs } from './runs.ts'

/** Runs again where nothing fails and nobody cancels: what is left is executed, and all is as if never disturbed. */
async function recover(laboratory: Laboratory, { program, world }: Prepared, round: Round): Promise<void> {
  const calm = { ...world, failing: undefined }
  const prepared = { program, world: calm, damaged: [], ...evaluate(program, calm, laboratory.recorded) }
  const before = new Set(laboratory.recorded)
  const { concurrency, shuffle } = round
  const observed = await run(laboratory, prepared, { concurrency, shuffle })
  await checkWhole(laboratory, prepared, before, observed)
  checkOutputs(prepared, observed.result)
  await checkNothingToDo(laboratory, prepared)
}

/** Checks a run that stopped early: it did only what had to be done, and nothing of it is half-done. */
async function checkPart(
  laboratory: Laboratory,
  prepared: Prepared,
  before: ReadonlySet<string>,
  observed: ObservedRun,
): Promise<void> {
  const { cells } = prepared
  const actions: string[] = []
  for (const step of observed.executed) {
    const cell = cells.get(step)
    if (cell?.kind === 'done') actions.push(cell.action)
    expect(cell?.kind, `${step} was executed`).toMatch(/done|failed/)
  }
  expect(actions.filter((action) => before.has(action))).toEqual([])
  expect(new Set(actions).size, 'an action was executed twice').toBe(actions.length)
  for (const step of observed.result.failedStages) expect(cells.get(step)?.kind, step).toBe('failed')
  await checkStepsDone(laboratory, prepared, observed.result)
  expect(await laboratory.litter()).toEqual([])
}

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

describe('a random graph that is cancelled at a random event', () => {
  it(
    'leaves nothing half-done, and goes on from there',
    async () => {
      const cancels = fc.record({ cancelAt: fc.integer({ min: 1, max: 60 }), keepGoing: fc.boolean() })
      await explore('cancel', scenarios(cancels, 3), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const before = new Set(laboratory.recorded)
          const observed = await run(laboratory, prepared, round)
          expect(observed.result.failedStages).toEqual([])
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
