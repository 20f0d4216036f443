import { expect, it } from 'vitest'
import { conflictsText } from '../../../../stages/cues/corrections/conflicts-text.ts'
import { correctSpeech, wordCorrections } from '../../../../stages/cues/corrections/correct-speech.ts'
import type { Corrections } from '../../../../stages/cues/corrections/corrections.ts'
import { mergeCorrections } from '../../../../stages/cues/corrections/merge.ts'
import { subtitlesOverlay } from '../../../../stages/cues/corrections/overlay.ts'
import type { Cue } from '../../../../stages/cues/cues.ts'
import { formatSrt } from '../../../../stages/cues/srt.ts'
import { formatVtt } from '../../../../stages/cues/vtt.ts'

const cue = (startMs: number, endMs: number, ...lines: string[]): Cue => ({ startMs, endMs, lines })
const computed = [cue(0, 1000, 'hello {there}'), cue(1200, 3400, 'the quick', 'brown fox')]
const options = { language: 'en', maxLineChars: 42, offsetMs: 10_000, durationMs: 60_000 }
const outputs = { merged: [JSON.parse(JSON.stringify(mergeCorrections(computed, [], options)))] }
const srt = formatSrt(computed)
const take = (text: string, path = 'tracks/en.srt', corrections?: Corrections) =>
  subtitlesOverlay.take({
    outputs,
    files: [{ path, text }],
    ...(corrections && { corrections: JSON.parse(JSON.stringify(corrections)) }),
  })

it('takes what differs in an SRT file, with times from the start of the film', () => {
  const { corrections, changed, whole } = take(srt.replace('brown fox', 'brown box'))
  expect(corrections).toEqual({
    version: 1,
    tracks: {
      en: [
        {
          base: [cue(11_200, 13_400, 'the quick', 'brown fox')],
          cues: [cue(11_200, 13_400, 'the quick', 'brown box')],
        },
      ],
    },
  })
  expect({ changed, whole }).toEqual({ changed: 1, whole: ['tracks/en.srt'] })
  expect(take(srt)).toMatchObject({ corrections: { tracks: {} }, changed: 0, whole: ['tracks/en.srt'] })
  // As editors write it: with a byte order mark, other line ends and numbers.
  const other = `\ufeff${srt.replaceAll('\n', '\r\n').replace('1\r\n', '7\r\n')}`
  expect(take(other)).toMatchObject({ changed: 0, whole: ['tracks/en.srt'] })
})

it('takes the words of what is marked up, and says that the file has more', () => {
  const { corrections, whole } = take(srt.replace('brown fox', '<i>brown</i> box'))
  expect(corrections).toMatchObject({ tracks: { en: [{ cues: [{ lines: ['the quick', 'brown box'] }] }] } })
  expect(whole).toEqual([])
  expect(take(srt.replace('the quick\nbrown fox\n', '\n'))).toMatchObject({
    corrections: { tracks: { en: [{ cues: [] }] } },
  })
})

it('takes WebVTT, too', () => {
  const before = formatVtt(computed)
  expect(take(before, 'tracks/en.vtt')).toMatchObject({ changed: 0, whole: ['tracks/en.vtt'] })
  const { corrections, whole } = take(before.replace('brown fox', 'black &amp; <i>brown</i> fox'), 'tracks/en.vtt')
  expect(corrections).toMatchObject({ tracks: { en: [{ cues: [{ lines: ['the quick', 'black & brown fox'] }] }] } })
  expect(whole).toEqual([])
  expect(take(before.replace('brown fox', 'R&amp;B'), 'tracks/en.vtt').whole).toEqual(['tracks/en.vtt'])
})

it.each([
  ['a format that is not taken', srt, 'tracks/en.ass', /tracks\/\*\.srt/],
  ['a track that nobody knows', srt, 'tracks/fr.srt', /not known/],
  ['a file without cues', '', 'tracks/en.srt', /no cues/],
  ['a damaged time', srt.replace('-->', '-->>'), 'tracks/en.srt', /is not a cue time/],
])('refuses %s, and keeps what it knows', (_, text, path, why) => {
  const known: Corrections = { version: 1, tracks: { en: [{ base: [], cues: [cue(20_000, 21_000, 'applause')] }] } }
  const { corrections, changed, refused, whole } = take(text, path, known)
  expect({ corrections, changed, whole }).toEqual({ corrections: known, changed: 0, whole: [] })
  expect(refused).toMatchObject([{ path, why: expect.stringMatching(why) }])
})

it.each([
  ['a mistyped arrow', (text: string) => text.replace('-->', '->'), /^'[\d:.,]+ -> [\d:.,]+' is in no cue: /],
  ['an arrow of another kind', (text: string) => text.replace('-->', '→'), /→ .* is in no cue: /],
  ['a time that is gone', (text: string) => text.replace(/^.*-->.*\n/m, ''), /is in no cue: /],
  [
    'an empty line within a cue',
    (text: string) => text.replace('brown fox', 'brown\n\nfox'),
    /^'fox.*' is in no cue: /,
  ],
])('takes nothing of a file with %s, which would delete what was said', (_, slip, why) => {
  const { changed, refused, whole } = take(slip(srt))
  expect({ changed, whole }).toEqual({ changed: 0, whole: [] })
  expect(refused).toMatchObject([{ path: 'tracks/en.srt', why: expect.stringMatching(why) }])
})

it('takes both files of a track, and of two that say something else of one cue the first', () => {
  const both = (one: string, other: string) => {
    const files = [
      { path: 'tracks/en.srt', text: srt.replace('brown fox', one) },
      {
        path: 'tracks/en.vtt',
        text: formatVtt(computed).replace(/hello|brown fox/g, (word) => (word === 'hello' ? 'hi' : other)),
      },
    ]
    return subtitlesOverlay.take({ outputs, files })
  }
  expect(both('brown box', 'brown box')).toMatchObject({ changed: 2, refused: [] })
  expect(both('brown box', 'brown fox')).toMatchObject({ changed: 2, refused: [] })
  expect(both('brown box', 'brown ox')).toMatchObject({
    changed: 1,
    refused: [
      { path: 'tracks/en.vtt', why: 'tracks/en.srt corrects the same cues otherwise: correct them in one of both' },
    ],
  })
})

it('tells cues apart where the empty line between them was deleted', () => {
  const { changed, whole } = take(srt.replace('\n\n2\n', '\n2\n'))
  expect({ changed, whole }).toEqual({ changed: 0, whole: ['tracks/en.srt'] })
  expect(take(srt.replace('\n\n2\n', '\n2\n').replaceAll('\n', '\r\n'))).toMatchObject({ changed: 0 })
})

it('shows the files with corrections that are not merged yet, and takes them back', () => {
  const first = take(srt.replace('brown fox', 'brown box'))
  const [file] = subtitlesOverlay.show?.({ outputs, corrections: first.corrections }) ?? []
  expect(file).toEqual({ path: 'tracks/en.srt', text: srt.replace('brown fox', 'brown box') })
  const params = { profile: 'netflix', maxLineChars: 30 }
  expect(subtitlesOverlay.show?.({ outputs, params })[0]?.limits).toMatchObject({
    maxLineChars: 30,
    maxLines: 2,
    charsPerSecond: 20,
    maxCueS: 7,
  })
  const back = subtitlesOverlay.take({
    outputs,
    corrections: first.corrections,
    files: [{ path: 'tracks/en.srt', text: srt }],
    isPending: true,
  })
  expect(back).toMatchObject({ corrections: { tracks: {} }, changed: 1 })
})

it('lists conflicts with what was, what is computed now, and what the person wrote', () => {
  const corrections = [{ base: computed.slice(1), cues: [cue(1200, 3400, 'the quick', 'brown box')] }]
  const now = [cue(1200, 3400, 'the quick brown socks')]
  const merged = mergeCorrections(now, corrections, { ...options, offsetMs: 0 })
  expect(
    conflictsText([merged]),
  ).toBe(`1 correction conflicts with what is computed now. The track shows yours. To settle them, edit the cues again, or see 'reprise corrections'.

en, correction 1: what is computed has other words there now, too
  was    00:00:01.200 - 00:00:03.400  the quick / brown fox
  now    00:00:01.200 - 00:00:03.400  the quick brown socks
  yours  00:00:01.200 - 00:00:03.400  the quick / brown box
`)
})

it('gives translators the words that a person corrected, and nothing where only times or cuts changed', () => {
  const words = (text: string) => text.split(' ').map((word) => ({ text: word, startS: 0, endS: 0, confidence: 1 }))
  const said = ['hello there', 'the quick brown fox jumps']
  const speech = {
    language: 'en',
    durationS: 60,
    utterances: said.map((text, place) => ({ startS: place * 2, endS: place * 2 + 1.9, text, words: words(text) })),
  }
  const correct = (base: Cue, ...cues: Cue[]) => ({ version: 1 as const, tracks: { en: [{ base: [base], cues }] } })
  const fixed = wordCorrections(correct(cue(12_000, 13_000, 'brown fox'), cue(12_000, 13_000, 'brown box')), 'en', 10)
  expect(correctSpeech(speech, fixed).map(({ text }) => text)).toEqual(['hello there', 'the quick brown box jumps'])
  expect(correctSpeech(speech, fixed)[0]).toBe(speech.utterances[0])
  const moved = correct(cue(2000, 3000, 'brown fox'), cue(2000, 2400, 'brown'), cue(2400, 3100, 'fox'))
  expect(wordCorrections(moved, 'en', 0)).toBeUndefined()
  expect(wordCorrections(moved, 'es', 0)).toBeUndefined()
  expect(correctSpeech(speech, undefined)).toBe(speech.utterances)
})

it('lists corrections, and settles them for the person or for what is computed', () => {
  const corrections = {
    version: 1,
    tracks: {
      en: [
        { base: [cue(11_200, 13_400, 'the slow fox')], cues: [cue(11_200, 13_400, 'the lazy fox')] },
        { base: [], cues: [cue(10_100, 10_900, 'APPLAUSE')] },
      ],
    },
  }
  const state = { outputs, corrections: JSON.parse(JSON.stringify(corrections)) }
  const list = subtitlesOverlay.list?.(state) ?? []
  expect(list.map(({ id, state: is }) => [id, is])).toEqual([
    ['en:1', 'conflict'],
    ['en:2', 'conflict'],
  ])
  expect(list[0]?.lines.join('\n')).toMatch(
    /was .*the slow fox\n.*now .*the quick \/ brown fox\n.*yours .*the lazy fox/,
  )
  const yours = subtitlesOverlay.settle?.(state, ['en:1', 'en:2'], 'yours')
  const settled = { outputs, corrections: yours ?? null }
  expect(subtitlesOverlay.list?.(settled).map(({ state: is }) => is)).toEqual(['applied', 'applied'])
  expect(subtitlesOverlay.show?.(settled)).toEqual(subtitlesOverlay.show?.(state))
  expect(subtitlesOverlay.settle?.(state, ['en:1'], 'computed')).toEqual({
    version: 1,
    tracks: { en: [corrections.tracks.en[1]] },
  })
})

it('writes over no file of corrections that has another form', () => {
  const corrections = { version: 2, tracks: { en: [] } }
  const files = [{ path: 'tracks/en.srt', text: srt.replace('brown fox', 'brown box') }]
  const message = 'corrections.json is not a file of corrections'
  expect(() => subtitlesOverlay.take({ outputs, files, corrections })).toThrow(message)
  expect(() => subtitlesOverlay.settle?.({ outputs, corrections }, ['en:1'], 'yours')).toThrow(message)
})
