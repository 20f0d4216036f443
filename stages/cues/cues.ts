import { partition } from '../speech/partition.ts'
import type { Transcript, Translation } from '../speech/transcript.ts'
import { charCount, joinWords, lineCount, wordsOf, wrapLines } from './lines.ts'
import type { ShownText } from './styled/styled-text.ts'

/** Lines of text that are shown together. Times are whole milliseconds from the start of the film. */
export interface Cue extends ShownText {
  readonly startMs: number
  readonly endMs: number
}

/** What makes subtitles readable. */
export interface CueRules {
  readonly maxLineChars: number
  readonly maxLines: number
  /** How fast people read. */
  readonly charsPerSecond: number
  readonly minCueS: number
  readonly maxCueS: number
  /** The least time between two cues, so that the eye sees the change. */
  readonly cueGapS: number
  /** A pause shorter than this is shortened to `cueGapS`. */
  readonly closeGapS?: number
}

/** A word with its time. */
interface TimedWord {
  readonly text: string
  readonly startMs: number
  readonly endMs: number
}

/** Words that are shown together. Never empty. */
type Group = readonly [TimedWord, ...(readonly TimedWord[])]

/** No cue is shorter: shorter ones are joined, whatever the number of lines. More than any format's unit of time. */
export const shortestMs = 100
/** A pause inside a cue costs this much for each second, where a further cue costs one. */
const costOfPause = 2
const longestPauseS = 2
/** A second that a cue lacks to be read costs this much, where a further cue costs one. */
const costOfHaste = 1
/** What a cue that ends with a sentence, or a clause, saves. */
const sentenceEnd = { pattern: /[.!?…。！？]["'”’»)」』]*$/u, saves: 0.6 }
const clauseEnd = { pattern: /[,;:、，；]["'”’»)]*$/u, saves: 0.3 }

const toMs = (seconds: number) => Math.round(seconds * 1000)

/** Returns the whole milliseconds of a duration, rounded down. */
export function wholeMs(seconds: number): number {
  return Math.floor(seconds * 1000)
}

/** Returns the cues of a transcript, by the times of its words. */
export function cuesOfTranscript({ utterances, durationS }: Transcript, rules: CueRules): Cue[] {
  const groups = utterances.flatMap(({ words }) => {
    const timed = words.flatMap(({ text, startS, endS }) => spread(wordsOf(text), toMs(startS), toMs(endS)))
    return groupWords(timed, rules)
  })
  return timeCues(groups, rules, wholeMs(durationS))
}

/** Returns the cues of a translation: the time of an utterance is spread over its words by their length. */
export function cuesOfTranslation({ utterances, durationS }: Translation, rules: CueRules): Cue[] {
  const groups = utterances.flatMap(({ text, startS, endS }, index) => {
    // A translation may be longer than what was said: it extends into the following pause.
    const readS = startS + charCount(text) / rules.charsPerSecond
    const roomS = (utterances[index + 1]?.startS ?? durationS) - rules.cueGapS
    return groupWords(spread(wordsOf(text), toMs(startS), toMs(Math.max(endS, Math.min(readS, roomS)))), rules)
  })
  return timeCues(groups, rules, wholeMs(durationS))
}

function spread(words: readonly string[], startMs: number, endMs: number): TimedWord[] {
  const total = words.reduce((sum, word) => sum + charCount(word) + 1, 0)
  let passed = 0
  const at = () => startMs + Math.round(((endMs - startMs) * passed) / total)
  return words.map((text) => {
    const wordStartMs = at()
    passed += charCount(text) + 1
    return { text, startMs: wordStartMs, endMs: at() }
  })
}

function groupWords(words: readonly TimedWord[], rules: CueRules): Group[] {
  /** Returns how many seconds a cue lacks to be read, where the next one begins after this time. */
  const missingTimeS = (characters: number, untilNextMs: number) =>
    Math.max(0, Math.max(rules.minCueS, characters / rules.charsPerSecond) + rules.cueGapS - untilNextMs / 1000)
  const capacity = rules.maxLineChars * rules.maxLines
  const texts = words.map(({ text }) => text)
  const starts = words.map(({ startMs }) => startMs)
  const ends = words.map(({ endMs }) => endMs)
  return partition(words.length, {
    fits: (from, to) =>
      (ends[to - 1] ?? 0) - (starts[from] ?? 0) <= rules.maxCueS * 1000 &&
      lineCount(texts.slice(from, to), rules.maxLineChars) <= rules.maxLines,
    cost: (from, to) => {
      const unfilled = 1 - Math.min(1, charCount(joinWords(texts.slice(from, to))) / capacity)
      let pausesS = 0
      for (let word = from + 1; word < to; word += 1) {
        const pauseS = ((starts[word] ?? 0) - (ends[word - 1] ?? 0)) / 1000
        pausesS += Math.min(longestPauseS, Math.max(0, pauseS))
      }
      const missingS = missingTimeS(
        charCount(joinWords(texts.slice(from, to))),
        (starts[to] ?? Infinity) - (starts[from] ?? 0),
      )
      return 1 + unfilled ** 2 + costOfPause * pausesS + costOfHaste * missingS - savedByEnding(texts[to - 1] ?? '')
    },
  }).flatMap(([from, to]) => {
    const [first, ...rest] = words.slice(from, to)
    return first === undefined ? [] : [[first, ...rest] as const]
  })
}

function savedByEnding(word: string): number {
  return [sentenceEnd, clauseEnd].find(({ pattern }) => pattern.test(word))?.saves ?? 0
}

interface Slot {
  readonly startMs: number
  readonly spokenEndMs: number
  readonly words: readonly string[]
}

/** Shows each group from its first word on, for as long as it takes to read, and never into the next one. */
function timeCues(groups: readonly Group[], rules: CueRules, durationMs: number): Cue[] {
  const slots = roomySlots(groups, durationMs)
  return slots.map(({ startMs, spokenEndMs, words }, index) => {
    const readMs = toMs(charCount(joinWords(words)) / rules.charsPerSecond)
    const comfortableMs = Math.min(toMs(rules.maxCueS), Math.max(toMs(rules.minCueS), readMs))
    const nextMs = slots[index + 1]?.startMs
    const latestMs = nextMs === undefined ? durationMs : Math.max(nextMs - toMs(rules.cueGapS), startMs + shortestMs)
    const readEndMs = Math.min(Math.max(spokenEndMs, startMs + comfortableMs), latestMs)
    const isClosed = nextMs !== undefined && nextMs - readEndMs < toMs(rules.closeGapS ?? 0)
    const endMs = isClosed ? Math.min(latestMs, Math.max(readEndMs, startMs + toMs(rules.maxCueS))) : readEndMs
    return { startMs, endMs, lines: wrapLines(words, rules.maxLineChars) }
  })
}

/** Returns the groups in the order of time; joins groups that would leave each other less than the shortest time. */
function roomySlots(groups: readonly Group[], durationMs: number): Slot[] {
  const lastStartMs = Math.max(0, durationMs - shortestMs)
  const slots: Slot[] = []
  for (const group of groups) {
    const startMs = Math.max(0, Math.min(group[0].startMs, lastStartMs))
    const spokenEndMs = Math.max(...group.map(({ endMs }) => endMs))
    const words = group.map(({ text }) => text)
    const previous = slots.at(-1)
    if (previous !== undefined && startMs - previous.startMs < shortestMs) {
      slots.pop()
      slots.push({
        startMs: previous.startMs,
        spokenEndMs: Math.max(previous.spokenEndMs, spokenEndMs),
        words: [...previous.words, ...words],
      })
    } else slots.push({ startMs, spokenEndMs, words })
  }
  return slots
}
