import { describe, expect, it } from 'vitest'
import { formatLrc } from '../../../stages/show/export/labels.ts'
import { mouthsOf } from '../../../stages/show/lyrics/mouths.ts'
import { hasTimes, LyricsError, readLyrics } from '../../../stages/show/lyrics/read-lyrics.ts'
import { timeLyrics } from '../../../stages/show/lyrics/time-lyrics.ts'

const texts = (words: readonly { readonly text: string }[]) => words.map(({ text }) => text).join(' ')

describe('readLyrics', () => {
  it('reads LRC: tags, an offset, lines that are repeated, the ends of lines, times of words', () => {
    const lines = readLyrics(
      '[ti:Song]\n[offset:+500]\n[00:10.50]<00:10.50>First <00:11.00>line\n[00:12.00]\n[01:02.5][00:20:25]Again\n',
    )
    expect(lines.map(({ startS, endS, words }) => [startS, endS, texts(words)])).toEqual([
      [10, 11.5, 'First line'],
      [19.75, undefined, 'Again'],
      [62, undefined, 'Again'],
    ])
    expect(lines[0]?.words.map(({ startS }) => startS)).toEqual([10, 10.5])
  })

  it('reads SubRip, without its tags', () => {
    const [line] = readLyrics('1\n00:00:01,000 --> 00:00:02,500\n<i>Two</i>\nlines\n')
    expect(line).toMatchObject({ startS: 1, endS: 2.5 })
    expect(texts(line?.words ?? [])).toBe('Two lines')
  })

  it('refuses a text without times', () => {
    expect(hasTimes('la la la')).toBe(false)
    expect(() => readLyrics('la la la')).toThrow(LyricsError)
  })
})

describe('timeLyrics', () => {
  const { lines } = timeLyrics(readLyrics('[00:01.00]Hello big world\n[00:02.00]Next\n[00:09.00]Too late\n'), 8)

  it('keeps words in their lines, mouths in their words, all in the song', () => {
    expect(lines.map(({ startS, endS }) => [startS, endS])).toEqual([
      [1, 2],
      [2, 3.2],
    ])
    for (const line of lines) {
      expect(line.words[0]?.startS).toBe(line.startS)
      expect(line.words.at(-1)?.endS).toBe(line.endS)
      for (const word of line.words) {
        expect(word.mouths[0]?.startS).toBe(word.startS)
        expect(word.mouths.at(-1)?.endS).toBeCloseTo(word.endS, 2)
      }
    }
  })

  it('says which times are guessed', () => {
    expect(lines[0]?.words.map(({ confidence }) => confidence)).toEqual([0.5, 0.5, 0.5])
    const [exact] = timeLyrics(readLyrics('[00:01.00]<00:01.00>One <00:01.50>two'), 8).lines
    expect(exact?.words.map(({ startS, confidence }) => [startS, confidence])).toEqual([
      [1, 1],
      [1.5, 1],
    ])
  })

  it('is written as LRC that reads back the same', () => {
    const again = timeLyrics(readLyrics(formatLrc({ lines })), 8)
    expect(again.lines.map((line) => [line.startS, texts(line.words)])).toEqual(
      lines.map((line) => [line.startS, texts(line.words)]),
    )
  })
})

describe('mouthsOf', () => {
  it.each([
    ['moon', ['MBP', 'U', 'etc']],
    ['LOVE', ['L', 'O', 'FV']],
    ['white', ['WQ', 'AI', 'etc']],
    ['夜', ['AI', 'etc']],
  ])('sings %s', (word, mouths) => expect(mouthsOf(word)).toEqual(mouths))
})
