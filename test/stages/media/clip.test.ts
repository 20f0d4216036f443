import { describe, expect, it } from 'vitest'
import { clipEndArgs, clipIsForward, clippedLengthS, clipReach, isCut } from '../../../stages/media/clip.ts'

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

  it('is gone to where a container has an index, and read up to where it would be guessed', () => {
    const clip = { clipStartS: 2, clipEndS: 3 }
    const reaches = ['mov,mp4,m4a,3gp,3g2,mj2', 'matroska,webm', 'mpegts', 'mp3'].map((format) =>
      clipReach(clip, { format }),
    )
    const goes = { input: { startS: 2 }, skipS: 0, endS: 1 }
    const reads = { input: {}, skipS: 2, endS: 3 }
    expect(reaches).toEqual([goes, goes, reads, reads])
    expect(clipReach({}, { format: 'mp3' })).toEqual({ input: {}, skipS: 0, endS: undefined })
    expect([clipEndArgs(goes), clipEndArgs({ endS: undefined })]).toEqual([['-t', '1'], []])
  })
})
