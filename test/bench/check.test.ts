import { describe, expect, it, vi } from 'vitest'
import { belowTwice, nameOf } from '../../bench/check.ts'
import type { Comparison } from '../../bench/measure.ts'

vi.spyOn(console, 'error').mockReturnValue()

/** Ours against a peer that takes 10 ms, with the target of being as fast. */
function row(work: string, oursMs: number): Comparison {
  const timed = (name: string, medianMs: number) => ({ name, samplesMs: [medianMs], medianMs })
  return { work, ours: timed('reprise', oursMs), peer: timed('cp', 10), target: { kind: 'speed', atLeast: 1 } }
}

describe('belowTwice', () => {
  it('measures nothing again where nothing is below its floor', async () => {
    const again = vi.fn()
    expect(await belowTwice([row('met', 9), row('missed', 19)], again)).toEqual([])
    expect(again).not.toHaveBeenCalled()
  })

  it('names what is below its floor both times, and not what only one disturbance hit', async () => {
    const first = [row('lost', 30), row('disturbed', 30), row('met', 9)]
    const low = await belowTwice(first, async () => [row('lost', 31), row('disturbed', 11), row('met', 90)])
    expect(low.map(nameOf)).toEqual(['lost, against cp'])
  })
})
