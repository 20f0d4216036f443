import { describe, expect, it } from 'vitest'
import { fileText } from '../../../stages/languages/file-text.ts'
import { formatLrc } from '../../../stages/show/export/labels.ts'
import { mouthsOf } from '../../../stages/show/lyrics/mouths.ts'
import { hasTimes, LyricsError, readLyrics } from '../../../stages/show/lyrics/read-lyrics.ts'
import { lyricsIn } from '../../../stages/show/lyrics/tags.ts'
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

  it('reads files in UTF-8, UTF-16 of either order, and Latin-1', () => {
    const text = '[00:01.00]Füße, Привет'
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    const all = [Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()]
    expect(all.map((bytes) => texts(readLyrics(fileText(bytes))[0]?.words ?? []))).toEqual(
      all.map(() => 'Füße, Привет'),
    )
    expect(fileText(Buffer.from('Füße', 'latin1'))).toBe('Füße')
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

describe('lyricsIn', () => {
  it('finds the lyrics of a tag, and rather those with times', () => {
    expect(lyricsIn({ title: 'Song', 'lyrics-eng': 'la la' })).toBe('la la')
    expect(lyricsIn({ unsyncedlyrics: 'la la', 'lyrics-eng': '[00:01.00]la la' })).toBe('[00:01.00]la la')
    expect(lyricsIn({ lyricist: 'Somebody' })).toBeUndefined()
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

  it('loses no line that begins together with another one', () => {
    const duet = timeLyrics(readLyrics('[00:01.00]Love me\n[00:01.00]I do\n[00:03.00]Next\n'), 8).lines
    expect(duet.map(({ text, startS, endS }) => [text, startS, endS])).toEqual([
      ['Love me I do', 1, 3],
      ['Next', 3, 4.2],
    ])
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
