import { expect, it } from 'vitest'
import { optimizeLater } from '../../src/cli/optimize-later.ts'
import type { Event, EventBody } from '../../src/core/index.ts'

const node20 = '11.3.244.8-node.33'

function flagsAfter(v8Version: string, ...bodies: readonly EventBody[]): readonly string[] {
  const flags: string[] = []
  const listener = optimizeLater({ v8Version, setFlags: (flag) => flags.push(flag) })
  for (const body of bodies) {
    const event: Event = { ...body, ts: '2026-01-02T03:04:05.000Z', run: 'r1', job: '/work/job' }
    listener(event)
  }
  return flags
}

function started(count: number): EventBody {
  const steps = Array.from({ length: count }, (_, index) => `step${index}`)
  return { event: 'pipeline_started', pipeline: 'grid', device: 'cpu', steps }
}

const running: EventBody = { event: 'stage_running', stage: 'step0', key: 'k', device: 'cpu', attempt: 1 }
const completed: EventBody = {
  event: 'pipeline_completed',
  pipeline: 'grid',
  executed: 0,
  cached: 250,
  skipped: 0,
  duration_ms: 1,
  saved_ms: 1,
}

it('has a run of many steps optimized later, and what the first of them executes as ever', () => {
  expect(flagsAfter(node20, started(250))).toEqual(['--interrupt-budget=540672'])
  const both = ['--interrupt-budget=540672', '--interrupt-budget=67584']
  expect(flagsAfter(node20, started(250), running, running, completed)).toEqual(both)
  expect(flagsAfter(node20, started(250), completed)).toEqual(both)
})

it('leaves V8 alone in a run of few steps, and on a Node that compiles otherwise', () => {
  expect(flagsAfter(node20, started(249), running, completed)).toEqual([])
  expect(flagsAfter('12.4.254.21-node.33', started(250), running, completed)).toEqual([])
})
