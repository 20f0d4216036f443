import { expect, it } from 'vitest'
import type { Event } from '../../../src/core/index.ts'
import { leftSteps } from '../../../src/engine/index.ts'

const job = 'job'
const ts = '2026-01-01T00:00:00.000Z'
const began = (run: string, stage: string): Event => ({
  ts,
  run,
  job,
  event: 'stage_running',
  stage,
  key: `key of ${stage}`,
  device: 'cpu',
  attempt: 1,
})
const placed = (run: string, stage: string): Event => ({ ts, run, job, event: 'stage_placed', stage, worker: 'box' })
const cancelled = (run: string, stage: string): Event => ({ ts, run, job, event: 'stage_cancelled', stage })

it('finds the steps that no run ended, and whether they were with workers', () => {
  expect(leftSteps([began('one', 'a'), placed('one', 'a'), began('one', 'b'), began('two', 'b')])).toEqual([
    { step: 'a', key: 'key of a', runs: ['one'], isElsewhere: true },
    { step: 'b', key: 'key of b', runs: ['one', 'two'], isElsewhere: false },
  ])
})

it('leaves out what the run itself ended, and what a later one ended or found', () => {
  const skipped: Event = { ts, run: 'two', job, event: 'stage_skipped', stage: 'b', because: 'cached', key: 'key of b' }
  const events = [began('one', 'a'), began('one', 'b'), began('one', 'c'), cancelled('one', 'c'), skipped]
  expect(leftSteps([...events, began('two', 'a'), cancelled('two', 'a')])).toEqual([])
})
