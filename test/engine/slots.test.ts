import { describe, expect, it } from 'vitest'
import { Slots } from '../../src/engine/slots.ts'

/** Returns slots that note who came to how many. */
function slotsOf(size: number) {
  const slots = new Slots(size)
  const begun: string[] = []
  const take = (name: string, count: number, priority = 0) =>
    slots.take(count, priority, (taken) => begun.push(`${name} ${taken}`))
  return { slots, begun, take }
}

describe('slots', () => {
  it('are given at once while they are free, and then to the highest priority, of equal ones to the first', () => {
    const { slots, begun, take } = slotsOf(2)
    for (const [name, priority] of [
      ['a', 0],
      ['b', 0],
      ['low', 1],
      ['high', 3],
      ['also', 3],
      ['middle', 2],
    ] as const) {
      take(name, 1, priority)
    }
    expect(begun).toEqual(['a 1', 'b 1'])
    for (let round = 0; round < 4; round++) slots.give(1)
    expect(begun.slice(2)).toEqual(['high 1', 'also 1', 'middle 1', 'low 1'])
  })

  it('are kept for the claim that has a part of what it needs, whoever comes meanwhile', () => {
    const { slots, begun, take } = slotsOf(3)
    take('a', 1)
    take('b', 2)
    take('wide', 9, 1)
    slots.give(1)
    take('urgent', 1, 9)
    expect(begun).toEqual(['a 1', 'b 2'])
    slots.give(2)
    expect(begun.slice(2)).toEqual(['wide 3'])
    slots.give(3)
    expect(begun.slice(3)).toEqual(['urgent 1'])
  })

  it('are all free again when all were given back, and never more than there are', () => {
    const { slots, begun, take } = slotsOf(4)
    for (let round = 0; round < 50; round++) take(`${round}`, 1 + (round % 6), round % 3)
    let out = 0
    let seen = 0
    while (seen < 50) {
      for (; seen < begun.length; seen++) out += Number(begun[seen]?.split(' ')[1])
      expect(out).toBeLessThanOrEqual(4)
      slots.give(1)
      out -= 1
    }
    expect(new Set(begun.map((entry) => entry.split(' ')[0])).size).toBe(50)
  })
})
