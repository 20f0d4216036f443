import { describe, expect, it } from 'vitest'
import { withoutLeaks } from '../../../stages/calls/report/leaks.ts'

/** A side that is as high as said between seconds, and silent elsewhere. */
function side(...stretches: readonly (readonly [fromS: number, toS: number, height: number])[]) {
  return {
    segments: stretches.map(([fromS, toS]) => ({ kind: 'speech' as const, fromS, toS })),
    peakIn: (from: number, to: number) =>
      Math.max(0, ...stretches.filter(([fromS, toS]) => fromS < to && toS > from).map(([, , height]) => height)),
  }
}
const spans = (segments: readonly { fromS: number; toS: number }[] = []) =>
  segments.map(({ fromS, toS }) => [fromS, toS])

describe('what leaks from one side into the other', () => {
  it('is not taken for speech of the other', () => {
    const [a, b] = withoutLeaks([side([0, 4, 0.5], [5, 9, 0.01]), side([0, 4, 0.02], [5, 9, 0.4])])
    expect([spans(a), spans(b)]).toEqual([[[0, 4]], [[5, 9]]])
  })

  it('is told from a quiet person who speaks meanwhile', () => {
    const [, quiet] = withoutLeaks([side([0, 4, 0.8]), side([2, 6, 0.05])])
    expect(spans(quiet)).toEqual([[2, 6]])
  })

  it('is not what is short: a word stays', () => {
    const [word] = withoutLeaks([side([1.1, 1.3, 0.5], [2, 2.15, 0.5]), side([4, 8, 0.5])])
    expect(spans(word)).toEqual([
      [1.1, 1.3],
      [2, 2.15],
    ])
  })

  it('is nothing in a recording of one side', () => {
    expect(withoutLeaks([side([0, 4, 0.01])]).map(spans)).toEqual([[[0, 4]]])
  })
})
