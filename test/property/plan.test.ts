import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openerIds } from '../../src/core/index.ts'
import { planRun } from '../../src/engine/index.ts'
import { pipelineOf } from './pipeline-of.ts'
import { playRounds, run } from './rounds.ts'
import { explore, scenarios, timeLimitMs } from './runs.ts'

describe('the plan of a random graph', () => {
  it(
    'says what the run then does, and changes nothing',
    async () => {
      await explore('plan', scenarios(fc.constant({})), (scenario) =>
        playRounds(scenario, async (laboratory, prepared, round) => {
          const pipeline = pipelineOf(prepared.program, prepared.world, round.shuffle)
          const { store, jobDir, input } = laboratory
          const request = { pipeline, inputs: { source: input }, jobDir, store, device: 'cpu' } as const
          const plan = await planRun(request)
          if (!plan.ok) throw new Error(`there is no plan: ${plan.error.kind}`)
          const again = await planRun(request)
          expect(again).toEqual(plan)
          const damaged = new Set(prepared.damaged.map(({ action }) => laboratory.keys.get(action)))
          const observed = await run(laboratory, prepared, round)
          const executedKeys = new Set(observed.of('stage_running').map(({ key }) => key))
          const conditions = observed
            .of('stage_skipped')
            .flatMap(({ stage, because }) => (because === 'condition' ? [stage] : []))
          const reasons = new Map(observed.of('stage_cache_miss').map(({ stage, reasons }) => [stage, reasons]))
          for (const forecast of plan.value) {
            const { step, kind } = forecast
            if (kind === 'hit' && !damaged.has(forecast.key)) expect(observed.cached, step).toContain(step)
            if (kind === 'miss') expect(executedKeys, step).toContain(forecast.key)
            // What is damaged is found by the plan where it reads it, and by the run in another place.
            if (kind === 'miss' && reasons.has(step) && damaged.size === 0)
              expect(reasons.get(step), step).toEqual(forecast.reasons)
            if (kind === 'skipped') expect(conditions, step).toContain(step)
            expect(kind).not.toBe('blocked')
          }
          const misses = plan.value.some(({ kind }) => kind === 'miss')
          if (!misses && damaged.size === 0) expect(observed.executed).toEqual([])
          const foreseen = new Set(plan.value.map(({ step }) => step))
          for (const step of prepared.cells.keys())
            expect(
              [step, ...openerIds(step)].some((id) => foreseen.has(id)),
              step,
            ).toBe(true)
        }),
      )
    },
    timeLimitMs,
  )
})
