import { describe, expect, it } from 'vitest'
import { checkCues } from '../../../stages/cues/check-cues.ts'
import type { Cue } from '../../../stages/cues/cues.ts'

const limits = { durationMs: 10_000, maxLineChars: 10 }
const cue = (startMs: number, endMs: number, ...lines: string[]): Cue => ({ startMs, endMs, lines })

describe('checkCues', () => {
  it('has nothing against good cues, a long word among them', () => {
    expect(checkCues([cue(0, 1000, 'one two'), cue(1000, 10_000, 'incomprehensible', 'three')], limits)).toEqual([])
  })

  it.each([
    ['before', [cue(0, 2000, 'a'), cue(1999, 3000, 'b')]],
    ['before', [cue(5000, 6000, 'a'), cue(1000, 2000, 'b')]],
    ['before', [cue(-1, 2000, 'a')]],
    ['ends at 2000 ms and starts at 2000 ms', [cue(2000, 2000, 'a')]],
    ['after the film', [cue(9000, 10_001, 'a')]],
    ['empty line', [cue(0, 1000)]],
    ['empty line', [cue(0, 1000, 'a', ' ')]],
    ['longer than 10', [cue(0, 1000, 'one two three')]],
    ['whole milliseconds', [cue(0.5, 1000, 'a')]],
  ])('finds what is wrong: %s', (problem, cues) => {
    const found = checkCues(cues, limits)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })
})
