import { plainWord, wordTimes } from '../align/word-times.ts'
import { type HeardWindow, type HeardWord, withoutLoops, withoutRemarks, wrongS } from './heard-words.ts'
import { absentBelow, frameS, type Span } from './speech-presence.ts'

/** Stretches of speech with their margins, and a pause between them of 0.6 s or more. */
const apartFrames = Math.round(0.1 / frameS)
/** Whisper hears nothing in less than a second. */
const shortestFrames = Math.ceil(1.25 / frameS)
/** In less speech there need not be a word. */
const worthHearingS = 0.4

/**
 * Returns what of a window is to be heard again, each part by itself; nothing where its words can be true. Of a sentence that
 * is said twice with a pause between, Whisper may write one, spread over both; and it may pass over speech after a pause.
 */
export function doubtfulSpans(
  window: HeardWindow,
  spans: readonly Span[],
  probabilities: readonly number[],
): readonly Span[] {
  const parts = partsOf(within(window.span, spans), window.span)
  if (parts.length < 2 || window.words.length === 0) return []
  const isDoubtful =
    silentS(window, probabilities) >= wrongS || parts.some((part) => isPassedOver(part, window, probabilities))
  return isDoubtful ? parts : []
}

/** Returns what of some stretches is in a window: one that is too long for a window is in several. */
function within(window: Span, spans: readonly Span[]): readonly Span[] {
  const inside = spans.map(({ from, to }) => ({ from: Math.max(from, window.from), to: Math.min(to, window.to) }))
  return inside.filter(({ from, to }) => from < to)
}

function partsOf(spans: readonly Span[], { from: first, to: last }: Span): readonly Span[] {
  const parts: Span[] = []
  for (const span of spans) {
    const before = parts.at(-1)
    if (before !== undefined && span.from - before.to < apartFrames)
      parts[parts.length - 1] = { from: before.from, to: span.to }
    else parts.push(span)
  }
  return parts.map(({ from, to }, index) => {
    const lacking = Math.max(0, Math.ceil((shortestFrames - (to - from)) / 2))
    const [before, after] = [parts[index - 1], parts[index + 1]]
    return {
      from: Math.max(before === undefined ? first : Math.ceil((before.to + from) / 2), from - lacking),
      to: Math.min(after === undefined ? last : Math.floor((to + after.from) / 2), to + lacking),
    }
  })
}

/** Returns for how long nobody speaks after words began. The first word may well have the pause before it. */
function silentS({ span, words }: HeardWindow, probabilities: readonly number[]): number {
  return words.slice(1).reduce((sum, [, start, end]) => {
    const frames = probabilities.slice(
      span.from + Math.floor(start / 100 / frameS),
      span.from + Math.ceil(end / 100 / frameS),
    )
    const lead = frames.findIndex((one) => one >= absentBelow)
    return sum + (lead < 0 ? frames.length : lead) * frameS
  }, 0)
}

function isPassedOver(part: Span, { span, words }: HeardWindow, probabilities: readonly number[]): boolean {
  const spoken = probabilities.slice(part.from, part.to).filter((one) => one >= absentBelow).length
  if (spoken * frameS < worthHearingS) return false
  const at = (hundredths: number) => span.from + hundredths / 100 / frameS
  return !words.some(([, start, end]) => at(end) > part.from && at(start) < part.to)
}

/** So much of what was written at first has to be heard again; all of it, where a part is silent that may have had the rest. */
const [leastShare, wholeShare] = [0.9, 1]
/** So many words more are not another way of writing the same. */
const [manyWords, manyShare] = [2, 0.2]
/** So many letters a second has what people say. */
const [fewestLetters, mostLetters] = [2, 40]

/**
 * Returns what was written for the parts of a window, where it holds what was written for the whole and much more. Where it
 * is about the same, what was written for the whole is kept, since Whisper knew more of its context: the times are those of
 * the parts.
 */
export function betterHeard(
  window: HeardWindow,
  parts: readonly HeardWindow[],
  probabilities: readonly number[],
): readonly HeardWindow[] {
  const [once, again] = [plainWords(window.words), parts.flatMap(({ words }) => plainWords(words))]
  const share = parts.every(({ words }) => plainWords(words).length > 0) ? leastShare : wholeShare
  const isLike = sharedCount(once, again) >= share * once.length
  if (!isLike || !parts.every((part) => canBeSaid(part, probabilities))) return [window]
  const more = again.length - once.length
  return more >= manyWords && more >= manyShare * once.length ? parts : [withTimesOf(window, parts)]
}

function withTimesOf({ span, words }: HeardWindow, parts: readonly HeardWindow[]): HeardWindow {
  const said = words.filter(([text]) => text.trim() !== '')
  const heard = parts.flatMap((part) => {
    const timed = part.words.filter(([text]) => text.trim() !== '')
    const seconds = (hundredths: number) => part.span.from * frameS + hundredths / 100
    return timed.map(([text, start, end]) => ({ text, start: seconds(start), end: seconds(end) }))
  })
  const times = wordTimes(
    said.map(([text]) => text),
    heard,
  )
  const hundredths = (time: number) => 100 * (time - span.from * frameS)
  return {
    span,
    words: said.map(([text, start, end], index): HeardWord => {
      const time = times[index]
      return time === undefined ? [text, start, end] : [text, hundredths(time.start), hundredths(time.end)]
    }),
  }
}

function canBeSaid({ span, words }: HeardWindow, probabilities: readonly number[]): boolean {
  const seconds = probabilities.slice(span.from, span.to).filter((one) => one >= absentBelow).length * frameS
  const letters = plainWords(words).join('').length
  return letters === 0 || (letters >= fewestLetters * seconds && letters <= mostLetters * seconds)
}

function plainWords(words: readonly HeardWord[]): readonly string[] {
  return withoutLoops(withoutRemarks(words)).flatMap(([text]) => (/[\p{L}\p{N}]/u.test(text) ? [plainWord(text)] : []))
}

/** Returns how many words two texts have in common, in the same order. */
function sharedCount(one: readonly string[], other: readonly string[]): number {
  let row: readonly number[] = Array.from({ length: other.length + 1 }, () => 0)
  for (const word of one) {
    const next = [0]
    for (const [at, same] of other.entries())
      next.push(word === same ? (row[at] ?? 0) + 1 : Math.max(next[at] ?? 0, row[at + 1] ?? 0))
    row = next
  }
  return row.at(-1) ?? 0
}
