import { describe, expect, it } from 'vitest'
import { filterSteps, groupItems } from '../../../src/cli/jobs/shown-steps.ts'
import type { StepStatus } from '../../../src/core/index.ts'

const items = Array.from({ length: 9 }, (_, index): StepStatus => {
  const step = `render/${index}`
  return index === 4
    ? { step, state: 'failed', message: 'no' }
    : { step, state: 'done', durationMs: 10, peakRssBytes: index }
})
const steps: readonly StepStatus[] = [
  { step: 'script', state: 'done' },
  ...items,
  { step: 'voice/a', state: 'done' },
  { step: 'voice/b', state: 'failed' },
  { step: 'join', state: 'not-yet' },
]
const namesOf = (shown: readonly StepStatus[]) => shown.map(({ step }) => step)

describe('the steps of a status', () => {
  it('are filtered by state and by name', () => {
    const filtered = (failed: boolean, ...names: string[]) => {
      const shown = filterSteps(steps, { failed, steps: names })
      return shown.ok ? namesOf(shown.value) : shown.error
    }
    expect(filtered(true)).toEqual(['render/4', 'voice/b'])
    expect(filtered(false, 'voice', 'join')).toEqual(['voice/a', 'voice/b', 'join'])
    expect(filtered(true, 'render')).toEqual(['render/4'])
    expect(filtered(false, 'render/3')).toEqual(['render/3'])
    expect(filtered(false, 'rendr')).toBe(
      "unknown step 'rendr': did you mean 'render'? (valid: script, render, voice, join)",
    )
  })

  it('share a row where a fan-out is long, and keep their order', () => {
    const grouped = groupItems(steps)
    expect(namesOf(grouped)).toEqual(['script', 'render/*', 'render/4', 'voice/a', 'voice/b', 'join'])
    expect(grouped[1]).toEqual({
      step: 'render/*',
      state: 'failed',
      durationMs: 80,
      peakRssBytes: 8,
      message: '9 items: 1 failed, 8 done',
    })
  })
})
