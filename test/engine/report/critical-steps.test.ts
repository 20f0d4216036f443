import { describe, expect, it } from 'vitest'
import { criticalSteps, type RanStep } from '../../../src/engine/report/critical-steps.ts'

/** A step that made one file, of the files of others. */
function ran(step: string, start: number, end: number, ...after: readonly string[]): RanStep {
  const inputs = Object.fromEntries(after.map((other) => [other, { paths: [], digest: `b3:${other}` }]))
  const output = { kind: 'file', path: 'x', digest: `b3:${step}`, size_bytes: 1 } as const
  return { step, ranMs: { start, end }, manifest: { input_artifacts: inputs, output_artifacts: { x: output } } }
}

describe('the steps that a run waited for', () => {
  it('lead from the one that ended last back through what it needed last', () => {
    const steps = [
      ran('demux', 0, 10),
      ran('picture', 0, 40),
      ran('speech', 10, 60, 'demux'),
      ran('mux', 60, 80, 'picture', 'speech'),
      ran('check', 60, 65, 'speech'),
    ]
    expect([...criticalSteps(steps)]).toEqual(['mux', 'speech', 'demux'])
  })

  it('are those alone that were executed, and none of a run that executed nothing', () => {
    expect([...criticalSteps([ran('mux', 0, 20, 'speech')])]).toEqual(['mux'])
    expect([...criticalSteps([])]).toEqual([])
  })

  it('are not those that made the same bytes later', () => {
    const same = (step: string, start: number, end: number): RanStep => ({ ...ran('same', start, end), step })
    const steps = [same('first', 0, 10), ran('reader', 10, 60, 'same'), same('later', 20, 50)]
    expect([...criticalSteps(steps)]).toEqual(['reader', 'first'])
  })

  it('reach into lists and items, and pass over items that failed', () => {
    const gather = ran('gather', 30, 40)
    const items = [
      ['a', 'b3:a'],
      ['b', { kind: 'stage-failed', message: 'no' }],
    ] as const
    const manifest = { ...gather.manifest, input_artifacts: { parts: { paths: [], digest: items } } }
    expect([...criticalSteps([ran('a', 0, 30), ran('b', 0, 35), { ...gather, manifest }])]).toEqual(['gather', 'a'])
  })
})
