import { expect, it } from 'vitest'
import { beatF, tempoOfBeats, tempoVerdict } from '../../bench/music/beat-score.ts'

it('scores beats as mir_eval does: within 70 ms, each matched once, those before 5 s left out', () => {
  expect(beatF([1, 6, 7, 8, 9], [2, 6.07, 7.069, 8.2])).toBeCloseTo((2 * 2) / (4 + 3), 9)
  expect(beatF([6, 6.05], [6.02])).toBeCloseTo(2 / 3, 9)
  expect(beatF([1, 2], [1, 2])).toBe(0)
})

it('tells a tempo that is an octave off from one that is wrong', () => {
  const found = [100, 104, 200, 50, 33.5, 300, 150, 0]
  expect(found.map((bpm) => tempoVerdict(100, bpm))).toEqual([
    'right',
    'right',
    'octave',
    'octave',
    'octave',
    'octave',
    'wrong',
    'wrong',
  ])
  expect(tempoOfBeats([0, 0.5, 1, 1.5, 9])).toBe(120)
  expect(tempoOfBeats([1])).toBe(0)
})
