import { type Cue, type CueRules, shortestMs } from './cues.ts'
import { charCount } from './lines.ts'
import { type Shots, shotOf, shotProblems } from './timed/shots.ts'

/** What a rule is about. */
export type CueRule = 'line length' | 'lines' | 'reading speed' | 'too short' | 'too long' | 'gap' | 'shot change'

/** A cue that a rule does not allow. */
export interface CueFinding {
  /** Counted from 1, as in SRT. */
  readonly cue: number
  readonly startMs: number
  readonly rule: CueRule
  readonly message: string
  /** Why it cannot be otherwise, where that is known. */
  readonly why?: string
}

/** Times in files are whole milliseconds, or hundredths of a second. */
const toleranceMs = 10

/** Returns the reading speed of a cue, in characters a second, spaces included. */
export function readingSpeed({ startMs, endMs, lines }: Cue): number {
  return (charCount(lines.join(' ')) * 1000) / Math.max(1, endMs - startMs)
}

/** Returns where the cues of a film, in the order of time, are not within the rules, and why. */
export function cueFindings(
  cues: readonly Cue[],
  rules: CueRules,
  filmMs: number,
  shots?: Shots,
): readonly CueFinding[] {
  return cues.flatMap((cue, index) => {
    const next = cues[index + 1]
    const found: Omit<CueFinding, 'cue' | 'startMs'>[] = [
      ...linesOf(cue, rules),
      ...durationOf(cue, next, rules, filmMs),
      ...gapOf(cue, next, rules),
      ...(shots === undefined ? [] : shotsOf(cue, rules, shots)),
    ].map((finding) => (shots === undefined ? finding : withShot(finding, cue, shots)))
    return found.map((finding) => ({ cue: index + 1, startMs: cue.startMs, ...finding }))
  })
}

type Found = readonly Omit<CueFinding, 'cue' | 'startMs'>[]

function linesOf({ lines }: Cue, { maxLineChars, maxLines }: CueRules): Found {
  const tooLong = lines
    .filter((line) => charCount(line) > maxLineChars)
    .map((line) => ({
      rule: 'line length' as const,
      message: `a line of ${charCount(line)} characters, at most ${maxLineChars}`,
      ...(line.includes(' ') ? {} : { why: 'one word is longer than a line' }),
    }))
  if (lines.length <= maxLines) return tooLong
  const why = 'what it joins begins within a tenth of a second'
  return [...tooLong, { rule: 'lines', message: `${lines.length} lines, at most ${maxLines}`, why }]
}

function durationOf(cue: Cue, next: Cue | undefined, rules: CueRules, filmMs: number): Found {
  const { charsPerSecond, minCueS, maxCueS, cueGapS } = rules
  const durationMs = cue.endMs - cue.startMs
  const roomMs = (next === undefined ? filmMs : next.startMs - cueGapS * 1000) - cue.startMs
  const why = roomMs - durationMs <= toleranceMs ? { why: limitText(cue, next) } : {}
  const found: Omit<CueFinding, 'cue' | 'startMs'>[] = []
  const readMs = (charCount(cue.lines.join(' ')) * 1000) / charsPerSecond
  if (durationMs + toleranceMs < Math.min(readMs, maxCueS * 1000)) {
    const speed = readingSpeed(cue).toFixed(1)
    found.push({ rule: 'reading speed', message: `${speed} characters a second, at most ${charsPerSecond}`, ...why })
  }
  if (durationMs + toleranceMs < minCueS * 1000)
    found.push({
      rule: 'too short',
      message: `shown for ${seconds(durationMs)}, at least ${seconds(minCueS * 1000)}`,
      ...why,
    })
  if (durationMs - toleranceMs > maxCueS * 1000)
    found.push({
      ...(cue.lines.join(' ').includes(' ') ? {} : { why: 'one word is spoken for as long' }),
      rule: 'too long',
      message: `shown for ${seconds(durationMs)}, at most ${seconds(maxCueS * 1000)}`,
    })
  return found
}

function gapOf({ startMs, endMs }: Cue, next: Cue | undefined, { cueGapS }: CueRules): Found {
  if (next === undefined) return []
  const gapMs = next.startMs - endMs
  if (gapMs + toleranceMs >= cueGapS * 1000) return []
  const message = `${seconds(gapMs)} before the next cue, at least ${seconds(cueGapS * 1000)}`
  const isShort = next.startMs - cueGapS * 1000 - startMs < shortestMs
  return [{ rule: 'gap', message, ...(isShort ? { why: limitText({ startMs }, next) } : {}) }]
}

function shotsOf(cue: Cue, { minCueS }: CueRules, shots: Shots): Found {
  return shotProblems(cue, shots).map(({ side, near: { frames, shotMs } }) => {
    const count = Math.abs(frames)
    const where =
      frames === 0 ? 'on' : `${count} ${count === 1 ? 'frame' : 'frames'} ${frames > 0 ? 'after' : 'before'}`
    const leftMs = side === 'begins' ? cue.endMs - shotMs : shotMs - cue.startMs
    const isShort = leftMs < minCueS * 1000
    return {
      rule: 'shot change',
      message: `it ${side} ${where} the shot change at ${seconds(shotMs)}`,
      ...(isShort ? { why: `between the shot change and its other end are ${seconds(Math.max(0, leftMs))}` } : {}),
    }
  })
}

/** Names the change of shot that a cue was moved to, where that is why it is too short, or quick to read. */
function withShot(finding: Found[number], cue: Cue, shots: Shots): Found[number] {
  if (finding.rule !== 'too short' && finding.rule !== 'reading speed') return finding
  const [start, end] = [shotOf(cue, 'begins', shots), shotOf(cue, 'ends', shots)]
  const reasons = [
    ...(start === undefined ? [] : [`it begins with the shot change at ${seconds(start)}`]),
    ...(end === undefined ? [] : [`it ends before the shot change at ${seconds(end)}`]),
  ]
  if (reasons.length === 0) return finding
  return { ...finding, why: [...(finding.why === undefined ? [] : [finding.why]), ...reasons].join('; ') }
}

/** Says what keeps a cue from being shown for longer. */
function limitText({ startMs }: Pick<Cue, 'startMs'>, next: Cue | undefined): string {
  return next === undefined ? 'the film ends there' : `the next cue begins ${seconds(next.startMs - startMs)} later`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
