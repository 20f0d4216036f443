import { describe, expect, it } from 'vitest'
import { checkCues } from '../../../../stages/cues/check-cues.ts'
import type { Correction, MergedTrack } from '../../../../stages/cues/corrections/corrections.ts'
import { mergeCorrections } from '../../../../stages/cues/corrections/merge.ts'
import { takeEdit } from '../../../../stages/cues/corrections/take.ts'
import type { Cue } from '../../../../stages/cues/cues.ts'
import { wordsOf } from '../../../../stages/cues/lines.ts'
import { cut, heardAgain, randomEdit, randomFrom, randomTalk } from './random-talk.ts'

const options = { language: 'en', maxLineChars: 42, offsetMs: 0, durationMs: 10_000_000 }
const cue = (startMs: number, endMs: number, ...lines: string[]): Cue => ({ startMs, endMs, lines })
const merge = (computed: readonly Cue[], corrections: readonly Correction[], more = {}) =>
  mergeCorrections(computed, corrections, { ...options, ...more })
const shownOf = ({ pieces }: Pick<MergedTrack, 'pieces'>) => pieces.flatMap(({ shown }) => shown)
const textOf = (cues: readonly Cue[]) => cues.map(({ lines }) => lines.join('/'))
const wordsIn = (cues: readonly Cue[]) => wordsOf(cues.flatMap(({ lines }) => lines).join(' '))
const take = (before: readonly Correction[], track: MergedTrack, edited: readonly Cue[]) =>
  takeEdit(before, track, { shown: shownOf(track), edited })
/** Returns the corrections of a person who makes `edited` of `computed`. */
const made = (computed: readonly Cue[], edited: readonly Cue[]) => take([], merge(computed, []), edited).corrections

const fox = [cue(0, 1000, 'hello there'), cue(1200, 3400, 'the quick brown fox'), cue(3600, 5000, 'jumps over it')]
const box = [fox[0] ?? cue(0, 1), cue(1200, 3400, 'the quick brown box'), fox[2] ?? cue(0, 1)]

describe('a correction of a person', () => {
  it('is what differs, and nothing else', () => {
    expect(made(fox, box)).toEqual([{ base: [fox[1]], cues: [box[1]] }])
    expect(made(fox, fox)).toEqual([])
    expect(made(fox, fox.slice(1))).toEqual([{ base: [fox[0]], cues: [] }])
    const added = cue(5200, 6000, '(applause)')
    expect(made(fox, [...fox, added])).toEqual([{ base: [], cues: [added] }])
    const split = [cue(1200, 2300, 'the quick'), cue(2300, 3400, 'brown fox')]
    expect(made(fox, fox.toSpliced(1, 1, ...split))).toEqual([{ base: [fox[1]], cues: split }])
    const joined = cue(1200, 5000, 'the quick brown fox', 'jumps over it')
    expect(made(fox, fox.toSpliced(1, 2, joined))).toEqual([{ base: fox.slice(1), cues: [joined] }])
    const later = fox.map(({ startMs, endMs, lines }) => cue(startMs + 300, endMs + 300, ...lines))
    expect(made(fox, later)).toHaveLength(3)
  })

  it('is applied where nothing else changed, and agrees where the computed text says the same now', () => {
    const corrections = made(fox, box)
    const applied = merge(fox, corrections)
    expect(shownOf(applied)).toEqual(box)
    expect(applied.corrections).toMatchObject([{ state: 'applied', about: [] }])
    const agreed = merge(box, corrections)
    expect(shownOf(agreed)).toEqual(box)
    expect(agreed.corrections).toMatchObject([{ state: 'agreed' }])
  })

  it('is merged with other words, other times and another cut', () => {
    const corrections = made(fox, box)
    const red = merge([cue(1250, 3300, 'The quick, red fox')], corrections)
    expect(shownOf(red)).toEqual([cue(1250, 3300, 'The quick, red box')])
    expect(red.corrections).toMatchObject([{ state: 'applied' }])
    const recut = merge(
      [cue(0, 2000, 'hello there the quick'), cue(2000, 5000, 'brown fox jumps over it')],
      corrections,
    )
    expect(textOf(shownOf(recut))).toEqual(['hello there the quick', 'brown box jumps over it'])
    expect(recut.corrections).toMatchObject([{ state: 'applied' }])
    const narrow = merge(
      fox.map(({ startMs, endMs, lines }) =>
        cue(startMs, endMs, ...lines.join(' ').replace('quick ', 'quick\n').split('\n')),
      ),
      corrections,
      { maxLineChars: 12 },
    )
    expect(textOf(shownOf(narrow))[1]).toBe('the quick/brown box')
  })

  it('is a conflict where the same word changed, and shown as the person wrote it', () => {
    const merged = merge([cue(1200, 3400, 'the quick brown socks')], made(fox, box))
    expect(textOf(shownOf(merged))).toEqual(['the quick brown box'])
    expect(merged.corrections).toMatchObject([
      { state: 'conflict', about: ['words'], yours: [box[1]], now: [cue(1200, 3400, 'the quick brown socks')] },
    ])
  })

  it('is a conflict where nothing is said any more, or the cue that was moved is cut elsewhere', () => {
    const gone = merge([cue(20_000, 21_000, 'bye')], made(fox, box))
    expect(textOf(shownOf(gone))).toEqual(['the quick brown box', 'bye'])
    expect(gone.corrections).toMatchObject([{ state: 'conflict', about: ['place'] }])
    const moved = made(fox, [fox[0] ?? cue(0, 1), cue(1100, 3400, 'the quick brown fox'), fox[2] ?? cue(0, 1)])
    const recut = merge([cue(0, 5000, 'hello there the quick brown fox jumps over it')], moved)
    expect(recut.corrections).toMatchObject([{ state: 'conflict', about: ['times'] }])
    const deleted = merge([cue(20_000, 21_000, 'bye')], made(fox, fox.slice(1)))
    expect(deleted.corrections).toMatchObject([{ state: 'agreed' }])
  })

  it('follows what it corrects when the film is cut, and is outside of a clip that does not have it', () => {
    const corrections = made(fox, box)
    const later = fox.map(({ startMs, endMs, lines }) => cue(startMs + 180_000, endMs + 180_000, ...lines))
    expect(textOf(shownOf(merge(later, corrections)))[1]).toBe('the quick brown box')
    const clip = [cue(200, 2400, 'the quick brown fox')]
    const merged = merge(clip, corrections, { offsetMs: 1000, durationMs: 3000 })
    expect(textOf(shownOf(merged))).toEqual(['the quick brown box'])
    const other = merge([], corrections, { offsetMs: 60_000, durationMs: 3000 })
    expect(other.corrections).toMatchObject([{ state: 'outside' }])
    expect(shownOf(other)).toEqual([])
  })

  it('is replaced when the cue is changed again, gone when it is changed back, and taken once', () => {
    const corrections = made(fox, box)
    const track = merge(fox, corrections)
    const again = take(corrections, track, [box[0] ?? cue(0, 1), cue(1200, 3400, 'the slow box'), box[2] ?? cue(0, 1)])
    expect(again).toEqual({ corrections: [{ base: [fox[1]], cues: [cue(1200, 3400, 'the slow box')] }], changed: 1 })
    expect(take(corrections, track, fox)).toEqual({ corrections: [], changed: 1 })
    expect(take(corrections, track, box)).toEqual({ corrections, changed: 0 })
    // As after a kill: the corrections are written, and the track is not made anew yet.
    expect(take(corrections, merge(fox, []), box).corrections).toEqual(corrections)
  })

  it('that is added again after it was deleted is shown', () => {
    const track = merge(fox, made(fox, fox.slice(1)))
    const back = take(made(fox, fox.slice(1)), track, fox)
    expect(shownOf(merge(fox, back.corrections))).toEqual(fox)
  })
})

describe('500 random edits and a random recognition after them', () => {
  it('keeps every edit, or shows it as a conflict', () => {
    const counts = new Map<string, number>()
    let edits = 0
    for (let seed = 1; edits < 500; seed += 1) {
      const random = randomFrom(seed)
      const said = randomTalk(random, 400)
      const computed = cut(said, 7, 42)
      let edited = computed
      const tokens: { readonly kind: string; readonly added: readonly string[] }[] = []
      for (let place = computed.length - 2; place >= 0; place -= 2 + Math.floor(random() * 4)) {
        const edit = randomEdit(edited, place, random, `x${seed}x${place}`)
        edited = edit.cues
        tokens.push(edit)
        edits += 1
      }
      const corrections = made(computed, edited)
      // What is computed as it was shows exactly what the person made.
      expect(shownOf(merge(computed, corrections))).toEqual(edited)
      expect(take(corrections, merge(computed, corrections), edited)).toEqual({ corrections, changed: 0 })

      const rate = random() * 0.3
      const again = heardAgain(said, random, rate)
      const now = cut(again, random() < 0.5 ? 7 : 4, random() < 0.5 ? 42 : 24)
      const merged = merge(now, corrections)
      const shown = shownOf(merged)
      expect(merged.corrections.map(({ correction }) => correction)).toEqual([...corrections.keys()])
      expect(checkCues(shown, { durationMs: options.durationMs, maxLineChars: Number.POSITIVE_INFINITY })).toEqual([])
      const shownWords = new Set(wordsIn(shown))
      for (const { kind, added } of tokens)
        for (const token of added) expect(shownWords.has(token), `${kind} ${token}, seed ${seed}`).toBe(true)
      for (const { state } of merged.corrections) counts.set(state, (counts.get(state) ?? 0) + 1)
      // Nothing else is lost: pieces without corrections show what is computed.
      for (const { computed: of, shown: is, corrections: by } of merged.pieces)
        if (by.length === 0) expect(textOf(is)).toEqual(textOf(of))
      expect(merged.pieces.flatMap((piece) => piece.computed)).toEqual(now)
      for (const { correction, state, base, yours } of merged.corrections) {
        if (state !== 'applied') continue
        const own = merged.pieces.filter(({ corrections: by }) => by.includes(correction))
        const [of, is] = [own.flatMap((piece) => piece.computed), own.flatMap((piece) => piece.shown)]
        if (yours.length === 0) expect(wordsIn(is).length).toBeLessThan(wordsIn(of).length)
        const isMoved = yours.length === 1 && yours[0]?.startMs === (base[0]?.startMs ?? 0) + 90
        if (isMoved) expect(is.map(({ startMs }) => startMs)).toContain(yours[0]?.startMs)
      }
    }
    expect(counts.get('applied') ?? 0).toBeGreaterThan(counts.get('conflict') ?? 0)
  })
})
