import { describe, expect, it } from 'vitest'
import { clipIsForward, clipLengthArgs, clippedLengthS, clipStart, isCut } from '../../../stages/media/clip.ts'

describe('a clip', () => {
  it('is a cut unless it is the whole film', () => {
    expect([{}, { clipStartS: 0 }, { clipStartS: 1 }, { clipEndS: 3 }].map(isCut)).toEqual([false, false, true, true])
  })

  it('ends after it starts', () => {
    expect([{}, { clipStartS: 5 }, { clipEndS: 5 }].map(clipIsForward)).toEqual([true, true, true])
    expect(
      [
        { clipStartS: 5, clipEndS: 5 },
        { clipStartS: 6, clipEndS: 5 },
      ].map(clipIsForward),
    ).toEqual([false, false])
  })

  it('has the length that the film leaves it', () => {
    expect(clippedLengthS(10, {})).toBe(10)
    expect(clippedLengthS(10, { clipStartS: 4 })).toBe(6)
    expect(clippedLengthS(10, { clipStartS: 4, clipEndS: 99 })).toBe(6)
    expect(clippedLengthS(10, { clipStartS: 4, clipEndS: 5.5 })).toBe(1.5)
    expect(clippedLengthS(10, { clipStartS: 10 })).toBe(0)
    expect(clippedLengthS(10, { clipStartS: 40 })).toBe(0)
  })

  it('starts with an option of the input, and ends with one of the output', () => {
    expect([clipStart({ clipStartS: 2, clipEndS: 3 }), clipStart({})]).toEqual([{ startS: 2 }, {}])
    expect([clipLengthArgs({ clipStartS: 2, clipEndS: 3 }), clipLengthArgs({ clipStartS: 2 })]).toEqual([
      ['-t', '1'],
      [],
    ])
  })
})
