import { describe, expect, it } from 'vitest'
import { shownWidth } from '../../../src/report/text/columns.ts'
import { fitLine } from '../../../src/report/text/fit-line.ts'

describe('a line that is wider than the terminal', () => {
  it.each([
    [
      'render/17  FAILED     ffmpeg: frame 17 has no keyframe before it',
      ['render/17  FAILED     ffmpeg: frame 17 has no', '                      keyframe before it'],
    ],
    ['  FAILED  render/17   it is cut at a frame', ['  FAILED  render/17   it is cut at a frame']],
    [
      '  197 finished steps kept; fix the problem, then resume with: reprise run --job ./tj',
      ['  197 finished steps kept; fix the problem, then', '  resume with:', '    reprise run --job ./tj'],
    ],
    ['  frames  ./a/very/long/path/that/nobody/can/break/frame.txt', undefined],
  ])('%j', (line, lines) => expect(fitLine(line, 50)).toEqual(lines ?? [line]))

  it('is broken by what is seen of it, and not by its colours', () => {
    const red = `\u001b[31m${'word '.repeat(12).trim()}\u001b[39m`
    const lines = fitLine(red, 50)
    expect(lines.map(shownWidth)).toEqual([49, 11])
    expect(lines.map((line) => line.trim()).join(' ')).toBe(red)
  })

  it('is left alone on a terminal that is too narrow for it', () => {
    const line = 'a line of some words that is quite long'
    expect(fitLine(line, 20)).toEqual([line])
  })
})
