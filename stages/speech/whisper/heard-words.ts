import type { Utterance, Word } from '../transcript.ts'
import { absentBelow, frameS, type Span } from './speech-presence.ts'

/** A word as Whisper writes it, with the space before it, and its time in hundredths of a second. */
export type HeardWord = readonly [text: string, start: number, end: number]

/** A window, and what Whisper wrote for it. */
export interface HeardWindow {
  readonly span: Span
  readonly words: readonly HeardWord[]
}

/** What begins a remark about sounds, and what ends it: `[Music]`, `(door closes)`, `*sighs*`, a song between notes. */
const remarks: Readonly<Record<string, string>> = { '[': ']', '(': ')', '*': '*', '♪': '♪', '【': '】', '（': '）' }

/** Leaves out remarks about sounds, which nobody says. */
export function withoutRemarks(words: readonly HeardWord[]): readonly HeardWord[] {
  const kept: HeardWord[] = []
  let closing: string | undefined
  for (const word of words) {
    const text = word[0].trim()
    const opened: string | undefined = closing ?? remarks[[...text][0] ?? '']
    if (opened === undefined) {
      if (text !== '') kept.push(word)
      continue
    }
    const rest = closing === undefined ? [...text].slice(1).join('') : text
    closing = rest.includes(opened) ? undefined : opened
  }
  return kept
}

const longestPhrase = 8
/** So often does nobody say the same phrase without a pause. */
const tooOften = 4

/** Leaves out what Whisper writes again and again, as it does where it hears nothing: one of them is kept. */
export function withoutLoops(words: readonly HeardWord[]): readonly HeardWord[] {
  const plain = words.map(([text]) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ''))
  const kept: HeardWord[] = []
  for (let at = 0; at < words.length; ) {
    const length = loopAt(plain, at)
    const count = length === 0 ? 1 : length
    kept.push(...words.slice(at, at + count))
    at += length === 0 ? 1 : length * repeats(plain, at, length)
  }
  return kept
}

function loopAt(plain: readonly string[], at: number): number {
  for (let length = 1; length <= longestPhrase; length += 1) {
    if (repeats(plain, at, length) >= tooOften) return length
  }
  return 0
}

function repeats(plain: readonly string[], at: number, length: number): number {
  const phrase = plain.slice(at, at + length).join(' ')
  let count = 1
  while (plain.slice(at + count * length, at + (count + 1) * length).join(' ') === phrase) count += 1
  return count
}

/** Words in which speech is less likely than this, all of an utterance together, are invented. */
const inventedBelow = 0.25
/** What finds speech is late by this much. */
export const lateFrames = 2

/** A word with the space that Whisper writes before it, and the time that Whisper gives it. */
interface TimedWord extends Word {
  readonly raw: string
  readonly heard: { readonly startS: number; readonly endS: number }
  /** How long nobody speaks after it began; all of it, where nobody does. */
  readonly silentS: number
  readonly isSilent: boolean
}

/**
 * Returns a window's words in the time of the recording. A word ends where its speech ends, not where the next begins.
 * Whisper's library does not tell how sure it is of a word: its confidence is the mean probability of speech in it.
 */
export function timedWords({ span, words }: HeardWindow, probabilities: readonly number[]): readonly TimedWord[] {
  const spanS = span.from * frameS
  return withoutLoops(withoutRemarks(words)).map(([raw, start, end]) => {
    const [startS, endS] = [spanS + start / 100, spanS + Math.max(end, start + 1) / 100]
    const first = Math.floor(startS / frameS)
    const frames = probabilities.slice(first, Math.max(first + 1, Math.ceil(endS / frameS)))
    const confidence = meanOf(probabilities, startS, endS)
    const heard = { startS, endS }
    const lead = frames.findIndex((one) => one >= absentBelow)
    const word = {
      raw,
      text: raw.trim(),
      ...heard,
      heard,
      confidence,
      silentS: lead < 0 ? endS - startS : lead * frameS,
      isSilent: lead < 0,
    }
    if (lead < 0) return word
    const { from, to } = withoutPause(frames, lead, endsSentence(word.text))
    return {
      ...word,
      startS: Math.max(startS, (first + from - lateFrames) * frameS),
      endS: Math.min(endS, (first + to) * frameS),
    }
  })
}

/** Returns the speech of a word, which does not last over a pause: it is before it, or after what rings on of the word before. */
function withoutPause(frames: readonly number[], lead: number, isEnd: boolean): Span {
  const to = frames.findLastIndex((one) => one >= absentBelow) + 1
  let spoken = lead
  for (let frame = lead; frame < to; frame += 1) {
    if ((frames[frame] ?? 0) < absentBelow) continue
    if (frame - spoken > pauseFrames) {
      if (isEnd || spoken + 1 - lead >= endingFrames) return { from: lead, to: spoken + 1 }
      return withoutPause(frames, frame, isEnd)
    }
    spoken = frame
  }
  return { from: lead, to }
}

function thousandths(value: number): number {
  return Math.round(1000 * value) / 1000
}

/** In so many seconds without speech, Whisper's times are wrong, not what finds speech. */
export const wrongS = 0.3
/** What is shorter, and followed by a pause this long, is the end of the sentence before. */
const endingFrames = Math.round(0.25 / frameS)
const pauseFrames = Math.round(0.5 / frameS)

/**
 * Returns the words of an utterance in the time in which somebody speaks. Whisper begins a sentence where the last one
 * ended, so that its first words lie in the pause between them: each word keeps its share of the utterance's speech.
 */
function inSpeech(words: readonly TimedWord[], probabilities: readonly number[]): readonly TimedWord[] {
  const [beganS, endedS] = [words[0]?.heard.startS ?? 0, words.at(-1)?.heard.endS ?? 0]
  // The first word may well have the pause before it, and be right in all else.
  const wrong = words.filter(({ isSilent }, index) => isSilent || index > 0)
  const silentS = wrong.reduce((sum, word) => sum + word.silentS, 0)
  const spoken = spokenFrames(probabilities, Math.floor(beganS / frameS), Math.ceil(endedS / frameS))
  if (silentS < wrongS || spoken.length === 0) return words
  const at = (heardS: number) => {
    const place = ((heardS - beganS) / (endedS - beganS)) * spoken.length
    const index = Math.min(spoken.length - 1, Math.floor(place))
    return ((spoken[index] ?? 0) + place - index) * frameS
  }
  return words.map((word) => {
    const [startS, endS] = [at(word.heard.startS), at(word.heard.endS)]
    return { ...word, startS, endS: Math.max(startS + 0.01, endS), confidence: meanOf(probabilities, startS, endS) }
  })
}

function spokenFrames(probabilities: readonly number[], from: number, to: number): readonly number[] {
  const spoken: number[] = []
  for (let frame = from; frame < to; frame += 1) if ((probabilities[frame] ?? 0) >= absentBelow) spoken.push(frame)
  const pause = spoken.findIndex((frame, index) => frame - (spoken[index - 1] ?? frame) >= pauseFrames)
  return pause > 0 && pause < endingFrames ? spoken.slice(pause) : spoken
}

function meanOf(probabilities: readonly number[], startS: number, endS: number): number {
  const first = Math.floor(startS / frameS)
  const frames = probabilities.slice(first, Math.max(first + 1, Math.ceil(endS / frameS)))
  return thousandths(frames.reduce((sum, one) => sum + one, 0) / Math.max(1, frames.length))
}

function isSaid(words: readonly TimedWord[]): boolean {
  const seconds = words.reduce((sum, { startS, endS }) => sum + endS - startS, 0)
  return (
    words.reduce((sum, { startS, endS, confidence }) => sum + confidence * (endS - startS), 0) >=
    inventedBelow * seconds
  )
}

/** A pause of this many seconds ends an utterance; a shorter one is none. */
export const pauseS = 0.6
/** So much of one language's writing without spaces repeats nothing, and so little shrinks when it is compressed. */
const mostCompressed = 2.4
const fewestLetters = 100

/** Returns what was said, in utterances: up to a pause or the end of a sentence. No time is after `durationS`. */
export function utterancesOf(
  windows: readonly HeardWindow[],
  probabilities: readonly number[],
  durationS: number,
): readonly Utterance[] {
  const utterances: Utterance[] = []
  for (const window of windows) {
    let open: TimedWord[] = []
    const close = () => {
      const said = isSaid(open) ? inSpeech(open, probabilities) : []
      const raw = open.map((word) => word.raw).join('')
      open = []
      const [first, last] = [said.at(0), said.at(-1)]
      if (first === undefined || last === undefined) return
      const words = said.map(({ text, startS, endS, confidence }) => ({ text, startS, endS, confidence }))
      utterances.push({ startS: first.startS, endS: last.endS, text: raw.trim(), words })
    }
    if (isInvented(window)) continue
    for (const word of timedWords(window, probabilities)) {
      if (word.startS >= durationS) continue
      const before = open.at(-1)
      // When a word in silence is said is not known yet.
      const isApart = before !== undefined && !word.isSilent && word.startS - before.endS >= pauseS
      if (before !== undefined && (isApart || endsSentence(before.text))) close()
      open.push({ ...word, endS: Math.min(word.endS, durationS) })
    }
    close()
  }
  return utterances
}

/** Returns whether a window's text repeats itself so much that it is no speech. */
function isInvented({ words }: HeardWindow): boolean {
  const text = withoutLoops(withoutRemarks(words))
    .map(([raw]) => raw)
    .join('')
  if (text.length < fewestLetters) return false
  const bytes = Buffer.from(text)
  return bytes.length / process.getBuiltinModule('node:zlib').deflateSync(bytes).length > mostCompressed
}

/** Titles and the like, whose full stop ends no sentence. */
const abbreviations = new Set([
  'mr.',
  'mrs.',
  'ms.',
  'dr.',
  'st.',
  'prof.',
  'no.',
  'vs.',
  'e.g.',
  'i.e.',
  'sr.',
  'sra.',
])

/** Returns whether a sentence ends with a word. */
export function endsSentence(text: string): boolean {
  if (/\d\.$/u.test(text)) return false
  return /[.?!…。？！]["'”’»)]*$/u.test(text) && !abbreviations.has(text.toLowerCase()) && !/^\p{L}\.$/u.test(text)
}
