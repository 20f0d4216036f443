import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partition } from '../../../stages/speech/partition.ts'

/** Every way to cut a row, the slow way. */
function allPartitions(count: number): [number, number][][] {
  if (count === 0) return [[]]
  return Array.from({ length: count }, (_, from) => from).flatMap((from) =>
    allPartitions(from).map((parts): [number, number][] => [...parts, [from, count]]),
  )
}

describe('partition', () => {
  it('has no parts of nothing', () => {
    expect(partition(0, { fits: () => true, cost: () => 1 })).toEqual([])
  })

  it('finds the lowest sum of costs of all partitions that fit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }),
        fc.integer({ min: 1, max: 20 }),
        (sizes, room) => {
          const size = (from: number, to: number) => sizes.slice(from, to).reduce((sum, one) => sum + one, 0)
          const fits = (from: number, to: number) => size(from, to) <= room
          const cost = (from: number, to: number) => (room - size(from, to)) ** 2 + 1
          const total = (parts: readonly (readonly [number, number])[]) =>
            parts.reduce((sum, [from, to]) => sum + cost(from, to), 0)
          const possible = allPartitions(sizes.length)
            .filter((parts) => parts.every(([from, to]) => to - from === 1 || fits(from, to)))
            .map(total)
          expect(total(partition(sizes.length, { fits, cost }))).toBe(Math.min(...possible))
        },
      ),
    )
  })
})
