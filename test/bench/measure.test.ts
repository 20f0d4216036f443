import { describe, expect, it } from 'vitest'
import { type Comparison, interleave, median, ratioOf, standingOf, type Target, tableOf } from '../../bench/measure.ts'

function timed(name: string, medianMs: number) {
  return { name, samplesMs: [medianMs], medianMs }
}

function against(oursMs: number, peerMs: number, target?: Target): Comparison {
  const comparison = { work: 'hash', ours: timed('reprise', oursMs), peer: timed('b3sum', peerMs) }
  return target === undefined ? comparison : { ...comparison, target }
}

describe('median', () => {
  it('is the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 9, 2])).toBe(3)
    expect(median([7])).toBe(7)
  })

  it('does not exist without samples', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('interleave', () => {
  it('takes the contenders in turn, and throws the warm-up away', async () => {
    const calls: string[] = []
    let nowMs = 0
    const contender = (name: string, costsMs: readonly number[]) => {
      const costs = [...costsMs]
      return {
        name,
        before: () => {
          calls.push(`before ${name}`)
          nowMs += 1000
        },
        run: () => {
          calls.push(name)
          nowMs += costs.shift() ?? 0
        },
        after: () => {
          nowMs += 500
        },
      }
    }
    const timings = await interleave([contender('a', [99, 1, 3]), contender('b', [99, 20, 10])], {
      rounds: 2,
      nowMs: () => nowMs,
    })
    expect(calls.filter((call) => !call.startsWith('before'))).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
    expect(timings.get('a')).toEqual({ name: 'a', samplesMs: [1, 3], medianMs: 2 })
    expect(timings.get('b')).toEqual({ name: 'b', samplesMs: [20, 10], medianMs: 15 })
  })

  it('reports a contender that is not here instead of dropping it', async () => {
    const timings = await interleave([{ name: 'b3sum', absent: 'not installed' }], { rounds: 3 })
    expect(timings.get('b3sum')).toEqual({ name: 'b3sum', absent: 'not installed' })
  })
})

describe('standing', () => {
  it('counts speed: half of the target is the floor', () => {
    const target = { kind: 'speed', atLeast: 1.2 } as const
    expect(standingOf(against(10, 12, target))).toBe('met')
    expect(standingOf(against(10, 11, target))).toBe('missed')
    expect(standingOf(against(10, 6.1, target))).toBe('missed')
    expect(standingOf(against(10, 5.9, target))).toBe('below-floor')
  })

  it('counts time: twice the target is the floor', () => {
    const target = { kind: 'time', atMost: 1.5 } as const
    expect(ratioOf(against(15, 10, target))).toBe(1.5)
    expect(standingOf(against(15, 10, target))).toBe('met')
    expect(standingOf(against(29, 10, target))).toBe('missed')
    expect(standingOf(against(31, 10, target))).toBe('below-floor')
  })

  it('counts a duration without a peer', () => {
    const target = { kind: 'duration', atMostMs: 5 } as const
    expect(standingOf({ work: 'reflink', ours: timed('reprise', 4), target })).toBe('met')
    expect(standingOf({ work: 'reflink', ours: timed('reprise', 11), target })).toBe('below-floor')
  })

  it('has another floor where one is set, and none where the target was never reached', () => {
    const timeOf = (slack: number | 'none') => ({ kind: 'time', atMost: 2, slack }) as const
    expect(standingOf(against(59, 10, timeOf(3)))).toBe('missed')
    expect(standingOf(against(61, 10, timeOf(3)))).toBe('below-floor')
    expect(standingOf(against(1000, 10, timeOf('none')))).toBe('missed')
  })

  it('passes no verdict where something was not measured, or nothing is aimed at', () => {
    const target = { kind: 'speed', atLeast: 1 } as const
    const absent = { name: 'b3sum', absent: 'not installed' }
    expect(standingOf({ work: 'hash', ours: timed('reprise', 1), peer: absent, target })).toBe('not-measured')
    expect(standingOf({ work: 'hash', ours: absent, peer: timed('b3sum', 1), target })).toBe('not-measured')
    expect(standingOf(against(1, 1))).toBe('reported')
  })
})

describe('table', () => {
  it('is aligned Markdown, and names a line of work once', () => {
    const ours = timed('reprise', 250)
    const table = tableOf([
      { work: 'hash', ours, peer: timed('b3sum', 300), target: { kind: 'speed', atLeast: 1.2 }, bytes: 1e9 },
      { work: 'hash', ours, peer: { name: 'sha256sum', absent: 'not installed' }, bytes: 1e9 },
      { work: 'link', ours: timed('reprise', 2), target: { kind: 'duration', atMostMs: 5 } },
    ])
    expect(table.split('\n')).toEqual([
      "| Work | Reprise           | Peer      | Peer's            | Ratio        | Target         |              |",
      '| ---- | ----------------- | --------- | ----------------- | ------------ | -------------- | ------------ |',
      '| hash | 250 ms, 4.00 GB/s | b3sum     | 300 ms, 3.33 GB/s | 1.20 x speed | >= 1.2 x speed | met          |',
      '|      |                   | sha256sum | not installed     |              |                | not measured |',
      '| link | 2.00 ms           |           |                   |              | <= 5 ms        | met          |',
    ])
  })
})
