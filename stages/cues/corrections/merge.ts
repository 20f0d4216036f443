import type { Cue } from '../cues.ts'
import { wrapLines } from '../lines.ts'
import { findStretch } from './align.ts'
import type { ConflictAbout, Correction, MergedCorrection, MergedTrack, Piece } from './corrections.ts'
import { fitTimes } from './fit-times.ts'
import { mergeTime, mergeTimes, nearlyMs } from './merge-times.ts'
import { type MergedWord, mergeWords } from './merge-words.ts'
import { movedBy, type OpenPiece, startOf, textOf, withAdded } from './pieces.ts'
import { type CueWord, cueWords, placeOf } from './place.ts'

export interface MergeOptions {
  readonly language: string
  readonly maxLineChars: number
  /** Where the clip starts in the film, and how long it lasts. */
  readonly offsetMs: number
  readonly durationMs: number
}

/** Of the words that a person corrected, at least this share has to be there, or the text has changed altogether. */
const leastShare = 1 / 3
/** Of an added cue, this share of the words is said if the cue is there already. */
const agreedShare = 0.8

/**
 * Merges what a person corrected with what is computed now: a three-way merge by words and times, whose base is what was
 * computed when the person made the correction. What both changed is listed as a conflict, and shown as the person wrote
 * it. No correction is left out of the list, and no computed word out of the track unless a correction says so.
 */
export function mergeCorrections(
  computed: readonly Cue[],
  corrections: readonly Correction[],
  options: MergeOptions,
): MergedTrack {
  return new Merge(computed, corrections, options).result()
}

class Merge {
  readonly #computed: readonly Cue[]
  readonly #corrections: readonly Correction[]
  readonly #options: MergeOptions
  readonly #words: readonly CueWord[]
  /** What stands in place of a word, by its place. */
  readonly #patches = new Map<number, string[]>()
  /** New times of cues that keep their cut, by their place. */
  readonly #times = new Map<number, { startMs?: number; endMs?: number }>()
  /** Cues that stand in place of others, by the place of the first of these. */
  readonly #replaced = new Map<
    number,
    { readonly end: number; readonly index: number; readonly shown: readonly Cue[] }
  >()
  readonly #added: { readonly index: number; readonly cue: Cue }[] = []
  /** The corrections of each cue. */
  readonly #touched = new Map<number, number[]>()
  readonly #about = new Map<number, Set<ConflictAbout>>()
  readonly #agreed = new Set<number>()
  /** The places of words that belong to a correction already. */
  readonly #claimed = new Set<number>()

  constructor(computed: readonly Cue[], corrections: readonly Correction[], options: MergeOptions) {
    const { offsetMs } = options
    this.#computed = computed
    this.#options = options
    this.#words = cueWords(computed)
    this.#corrections = corrections.map(({ base, cues }) => ({
      base: movedBy(base, -offsetMs),
      cues: movedBy(cues, -offsetMs),
    }))
    const order = [...this.#corrections.entries()].sort(([, a], [, b]) => startOf(a) - startOf(b))
    const added: (() => void)[] = []
    for (const [index, correction] of order) {
      if (this.#isOutside(correction)) continue
      this.#about.set(index, new Set())
      if (correction.base.length > 0) this.#correct(index, correction)
      // What is deleted is not there to agree with what is added.
      else added.push(() => this.#add(index, correction.cues))
    }
    for (const add of added) add()
  }

  /** Returns the track, in pieces, and what became of each correction. */
  result(): MergedTrack {
    const pieces = this.#pieces()
    const shown = pieces.flatMap(({ shown: cues, corrections }) => cues.map((cue) => ({ cue, corrections })))
    const { cues, moved } = fitTimes(shown, this.#options.durationMs)
    for (const index of moved) this.#about.get(index)?.add('times')
    let at = 0
    const fitted = pieces.map(({ computed, shown: { length }, corrections }): Piece => {
      const own = cues.slice(at, at + length)
      at += length
      return { computed, shown: own, corrections }
    })
    return { ...this.#options, pieces: fitted, corrections: this.#outcomes(fitted) }
  }

  #isOutside({ base, cues }: Correction): boolean {
    return [...base, ...cues].every(({ startMs, endMs }) => endMs <= 0 || startMs >= this.#options.durationMs)
  }

  #conflict(index: number, about: ConflictAbout): void {
    this.#about.get(index)?.add(about)
  }

  /** Adds cues where the person heard something that nobody else did. */
  #add(index: number, cues: readonly Cue[]): void {
    const wanted = cueWords(cues)
    const [startMs, endMs] = [cues[0]?.startMs ?? 0, cues.at(-1)?.endMs ?? 0]
    const isNear = ({ atMs }: CueWord) => atMs > startMs - 1000 && atMs < endMs + 1000
    const near = this.#words.filter((word, place) => !this.#claimed.has(place) && isNear(word))
    const found = findStretch(wanted, near, 1000)
    if (found !== undefined && found.matches >= agreedShare * wanted.length) {
      this.#agreed.add(index)
      return
    }
    const isSaidOver = near.some(({ atMs }) => atMs > startMs && atMs < endMs)
    if (isSaidOver) this.#conflict(index, 'place')
    this.#added.push(...cues.map((cue) => ({ index, cue })))
  }

  #correct(index: number, { base, cues }: Correction): void {
    const place = placeOf(base, this.#words, this.#claimed)
    if (place === undefined) {
      // Nothing is said there now: that agrees with a cue that was deleted.
      if (cues.length === 0) this.#agreed.add(index)
      else {
        this.#conflict(index, 'place')
        this.#added.push(...cues.map((cue) => ({ index, cue })))
      }
      return
    }
    const { from, to, share } = place
    for (let word = from; word < to; word += 1) this.#claimed.add(word)
    if (share < leastShare) this.#conflict(index, 'words')
    const now = this.#words.slice(from, to).map(({ text }) => text)
    const merged = mergeWords({ base: textOf(base), now, yours: textOf(cues) })
    if (merged.isConflict) this.#conflict(index, 'words')
    const [first, last] = [this.#words[from]?.cue ?? 0, this.#words[to - 1]?.cue ?? 0]
    const isWhole = this.#words[from - 1]?.cue !== first && this.#words[to]?.cue !== last
    if (isWhole && last - first + 1 === base.length) this.#replace(index, { first, end: last + 1, words: merged.words })
    else this.#patch(index, { from, to, words: merged.words })
  }

  /** Cues are cut as they were: the person's cut is kept, and both texts are merged into it. */
  #replace(
    index: number,
    { first, end, words }: { readonly first: number; readonly end: number; readonly words: readonly MergedWord[] },
  ): void {
    const { base = [], cues = [] } = this.#corrections[index] ?? {}
    const now = this.#computed.slice(first, end)
    const { cues: timed, isConflict } = mergeTimes({ base, now, yours: cues })
    if (isConflict) this.#conflict(index, 'times')
    const cueOf = cueWords(cues).map(({ cue }) => cue)
    const shown = timed.flatMap((cue, place): readonly Cue[] => {
      const own = words.filter(({ yours }) => (cueOf[yours] ?? 0) === place).map(({ text }) => text)
      if (own.length === 0) return []
      return [{ ...cue, lines: this.#linesOf(own, [cue, base[place], now[place]], base.length === cues.length) }]
    })
    this.#replaced.set(first, { end, index, shown })
  }

  /** The lines are the person's, unless the text or the length of lines has changed meanwhile. */
  #linesOf(
    words: readonly string[],
    [yours, base, now]: readonly [Cue, Cue | undefined, Cue | undefined],
    isOneToOne: boolean,
  ): readonly string[] {
    const { maxLineChars } = this.#options
    const isOf = (cue: Cue | undefined) => cue !== undefined && words.join(' ') === textOf([cue]).join(' ')
    const isSameBreak = (one: Cue | undefined, other: Cue | undefined) =>
      one?.lines.join('\n') === other?.lines.join('\n')
    if (isOneToOne && isSameBreak(yours, base) && now !== undefined && isOf(now)) return now.lines
    const fits = yours.lines.every((line) => [...line].length <= maxLineChars)
    if (isOf(yours) && (fits || (isOneToOne && isSameBreak(base, now)))) return yours.lines
    return wrapLines(words, maxLineChars)
  }

  /** Cues are cut in other places now: the person's words go where those were that they replace. */
  #patch(
    index: number,
    { from, to, words }: { readonly from: number; readonly to: number; readonly words: readonly MergedWord[] },
  ): void {
    const { base = [], cues = [] } = this.#corrections[index] ?? {}
    for (let place = from; place < to; place += 1) this.#patches.set(place, [])
    for (const { text, now } of words) this.#patches.get(Math.min(to - 1, from + now))?.push(text)
    const [first, last] = [this.#words[from]?.cue ?? 0, this.#words[to - 1]?.cue ?? 0]
    for (let cue = first; cue <= last; cue += 1) this.#touched.set(cue, [...(this.#touched.get(cue) ?? []), index])
    if (cues.length === 0) return
    if (cues.length !== base.length) this.#conflict(index, 'cut')
    else for (const [place, cue] of cues.entries()) this.#move(index, cue, base[place] ?? cue, [first, last])
  }

  /** Moves the start and the end of a cue, if a cue that is computed now starts or ends there, too. */
  #move(index: number, yours: Cue, base: Cue, [first, last]: readonly [number, number]): void {
    for (const side of ['startMs', 'endMs'] as const) {
      if (yours[side] === base[side]) continue
      const places = Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
      const at = places.find((place) => Math.abs((this.#computed[place]?.[side] ?? 0) - base[side]) <= nearlyMs)
      if (at === undefined) this.#conflict(index, 'times')
      else {
        const { ms } = mergeTime({ base: base[side], now: this.#computed[at]?.[side] ?? 0, yours: yours[side] })
        this.#times.set(at, { ...this.#times.get(at), [side]: ms })
      }
    }
  }

  /** Returns the track in pieces: cues that share a correction are one. */
  #pieces(): readonly Piece[] {
    const pieces: OpenPiece[] = []
    const wordsOfCue: number[][] = this.#computed.map(() => [])
    for (const [place, { cue }] of this.#words.entries()) wordsOfCue[cue]?.push(place)
    for (let place = 0; place < this.#computed.length; ) {
      const replaced = this.#replaced.get(place)
      const cue = this.#computed[place]
      if (replaced !== undefined) {
        const { end, index, shown } = replaced
        pieces.push({ computed: this.#computed.slice(place, end), shown, corrections: [index] })
        place = end
        continue
      }
      const corrections = this.#touched.get(place) ?? []
      const shown = cue === undefined ? [] : this.#patched(cue, place, wordsOfCue[place] ?? [])
      const piece = { computed: cue === undefined ? [] : [cue], shown, corrections }
      const before = pieces.at(-1)
      if (before?.corrections.some((index) => corrections.includes(index)) === true) {
        before.computed = [...before.computed, ...piece.computed]
        before.shown = [...before.shown, ...piece.shown]
        before.corrections = [...new Set([...before.corrections, ...corrections])]
      } else pieces.push(piece)
      place += 1
    }
    return withAdded(pieces, this.#added)
  }

  #patched(cue: Cue, place: number, words: readonly number[]): readonly Cue[] {
    if (!this.#touched.has(place)) return [cue]
    const texts = words.flatMap((word) => this.#patches.get(word) ?? [this.#words[word]?.text ?? ''])
    const timed = { ...cue, ...this.#times.get(place) }
    if (texts.length === 0) return []
    const isAsBefore = texts.join(' ') === textOf([cue]).join(' ')
    return [{ ...timed, lines: isAsBefore ? cue.lines : wrapLines(texts, this.#options.maxLineChars) }]
  }

  #outcomes(pieces: readonly Piece[]): MergedCorrection[] {
    return this.#corrections.map(({ base, cues }, correction) => {
      const own = pieces.filter(({ corrections }) => corrections.includes(correction))
      const about = [...(this.#about.get(correction) ?? [])]
      const now = own.flatMap(({ computed }) => computed)
      const isAgreed =
        this.#agreed.has(correction) ||
        (own.length > 0 && own.every(({ computed, shown }) => JSON.stringify(computed) === JSON.stringify(shown)))
      const state = !this.#about.has(correction)
        ? 'outside'
        : about.length > 0
          ? 'conflict'
          : isAgreed
            ? 'agreed'
            : 'applied'
      return { correction, state, about, base, yours: cues, now }
    })
  }
}
