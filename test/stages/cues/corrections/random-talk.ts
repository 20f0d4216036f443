import type { Cue } from '../../../../stages/cues/cues.ts'
import { wordsOf, wrapLines } from '../../../../stages/cues/lines.ts'

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export interface SaidWord {
  readonly text: string
  readonly startMs: number
  readonly endMs: number
}

const vocabulary =
  'the a of to and in that it is was for on are with they be at one have this from or had by hot word'.split(' ')

/** Returns words as they are said in a talk, with pauses between sentences. */
export function randomTalk(random: () => number, count: number): readonly SaidWord[] {
  let atMs = 500
  return Array.from({ length: count }, (_, index) => {
    const isRare = random() < 0.5
    const text = isRare
      ? `w${Math.floor(random() * 300)}`
      : (vocabulary[Math.floor(random() * vocabulary.length)] ?? 'a')
    const startMs = atMs
    const endMs = startMs + 150 + Math.floor(random() * 350)
    atMs = endMs + (index % 9 === 8 ? 900 : 20)
    return { text, startMs, endMs }
  })
}

/** Returns what another recognizer hears of a talk: some words are others, missing or added, all times are a bit off. */
export function heardAgain(said: readonly SaidWord[], random: () => number, rate: number): readonly SaidWord[] {
  return said.flatMap((word): readonly SaidWord[] => {
    const off = Math.floor(random() * 60) - 30
    const timed = { ...word, startMs: Math.max(0, word.startMs + off), endMs: word.endMs + off }
    const kind = random()
    if (kind < rate / 2) return [{ ...timed, text: `h${Math.floor(random() * 300)}` }]
    if (kind < (rate * 3) / 4) return []
    if (kind < rate) return [timed, { text: 'uh', startMs: timed.endMs, endMs: timed.endMs + 10 }]
    if (kind < rate * 1.5) return [{ ...timed, text: `${word.text.toUpperCase()},` }]
    return [timed]
  })
}

/** Returns words as cues of up to so many words. */
export function cut(said: readonly SaidWord[], most: number, maxLineChars: number): readonly Cue[] {
  const cues: Cue[] = []
  for (let from = 0; from < said.length; ) {
    let to = from + 1
    while (to < said.length && to - from < most && (said[to]?.startMs ?? 0) - (said[to - 1]?.endMs ?? 0) < 500) to += 1
    const words = said.slice(from, to)
    const [startMs, endMs] = [words[0]?.startMs ?? 0, words.at(-1)?.endMs ?? 0]
    const earliest = Math.max(startMs, cues.at(-1)?.endMs ?? 0)
    const lines = wrapLines(
      words.map(({ text }) => text),
      maxLineChars,
    )
    cues.push({ startMs: earliest, endMs: Math.max(endMs, earliest + 100), lines })
    from = to
  }
  return cues
}

/** An edit of a person, and the words that nobody else says, by which it can be found again. */
export interface RandomEdit {
  readonly kind: string
  readonly cues: readonly Cue[]
  readonly added: readonly string[]
}

/** Changes a track at one cue, as a person would. */
export function randomEdit(cues: readonly Cue[], place: number, random: () => number, name: string): RandomEdit {
  const cue = cues[place]
  const next = cues[place + 1]
  if (cue === undefined) throw new Error('there is no such cue')
  const words = wordsOf(cue.lines.join(' '))
  const at = Math.floor(random() * words.length)
  const withWords = (changed: readonly string[]): Cue => ({ ...cue, lines: wrapLines(changed, 42) })
  const put = (...others: readonly Cue[]) => [...cues.slice(0, place), ...others, ...cues.slice(place + 1)]
  const middleMs = Math.round((cue.startMs + cue.endMs) / 2)
  switch (Math.floor(random() * 8)) {
    case 0:
      return { kind: 'word', cues: put(withWords(words.with(at, name))), added: [name] }
    case 1:
      return { kind: 'more', cues: put(withWords(words.toSpliced(at, 0, name, `${name}b`))), added: [name, `${name}b`] }
    case 2:
      return words.length < 2
        ? { kind: 'word', cues: put(withWords([name])), added: [name] }
        : { kind: 'less', cues: put(withWords(words.toSpliced(at, 1))), added: [] }
    case 3:
      return { kind: 'times', cues: put({ ...cue, startMs: cue.startMs + 90, endMs: cue.endMs - 5 }), added: [] }
    case 4: {
      if (words.length < 2 || cue.endMs - cue.startMs < 500)
        return { kind: 'word', cues: put(withWords([name])), added: [name] }
      const half = Math.ceil(words.length / 2)
      const first = { startMs: cue.startMs, endMs: middleMs, lines: [words.slice(0, half).join(' ')] }
      const second = { startMs: middleMs, endMs: cue.endMs, lines: [[...words.slice(half), name].join(' ')] }
      return { kind: 'split', cues: put(first, second), added: [name] }
    }
    case 5: {
      if (next === undefined) return { kind: 'word', cues: put(withWords([name])), added: [name] }
      const whole = { startMs: cue.startMs, endMs: next.endMs, lines: [...cue.lines, ...next.lines] }
      return { kind: 'join', cues: [...cues.slice(0, place), whole, ...cues.slice(place + 2)], added: [] }
    }
    case 6:
      return { kind: 'delete', cues: put(), added: [] }
    default: {
      const startMs = cue.endMs
      const endMs = Math.min(next?.startMs ?? startMs + 500, startMs + 500)
      if (endMs - startMs < 200) return { kind: 'word', cues: put(withWords([name])), added: [name] }
      return { kind: 'add', cues: put(cue, { startMs, endMs, lines: [`${name} ${name}b`] }), added: [name, `${name}b`] }
    }
  }
}
