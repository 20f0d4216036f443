/** A cue as it is edited: times in whole milliseconds from the start of the film, its lines with line feeds between. */
export interface Cue {
  readonly startMs: number
  readonly endMs: number
  readonly text: string
}

export type Limits = Readonly<Record<string, number>>

const shortestMs = 100
const newCueMs = 2000
/** Times in files are whole milliseconds, or hundredths of a second. */
const toleranceMs = 10
const times = /^(?:(\d+):)?(\d+):(\d+)[.,](\d{3}) --> (?:(\d+):)?(\d+):(\d+)[.,](\d{3})/

/** Reads SRT as the server writes it. */
export function parseSrt(srt: string): readonly Cue[] {
  const cues: Cue[] = []
  for (const block of srt.split(/\n\n+/)) {
    const lines = block.split('\n').filter((line) => line !== '')
    const at = lines.findIndex((line) => times.test(line))
    const [, h1 = '0', m1, s1, t1, h2 = '0', m2, s2, t2] = times.exec(lines[at] ?? '') ?? []
    if (at === -1) continue
    const ms = (h: string, m = '0', s = '0', t = '0') => ((+h * 60 + +m) * 60 + +s) * 1000 + +t
    cues.push({ startMs: ms(h1, m1, s1, t1), endMs: ms(h2, m2, s2, t2), text: lines.slice(at + 1).join('\n') })
  }
  return cues
}

/** Writes SRT; what would be times in a text is no arrow any more. */
export function formatSrt(cues: readonly Cue[]): string {
  return cues
    .map(({ startMs, endMs, text }, index) => {
      const lines = linesOf(text).map((line) => line.replaceAll('-->', '--\u2060>'))
      return `${index + 1}\n${srtTime(startMs)} --> ${srtTime(endMs)}\n${lines.join('\n')}\n\n`
    })
    .join('')
}

function srtTime(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const whole = Math.floor(ms / 1000)
  return `${two(whole / 3600)}:${two((whole / 60) % 60)}:${two(whole % 60)},${String(ms % 1000).padStart(3, '0')}`
}

/** Returns a time as a person reads and writes it: `1:02.500`. */
export function timeText(ms: number): string {
  const [hours = '00', minutes = '', seconds = ''] = srtTime(ms).replace(',', '.').split(':')
  return hours === '00' ? `${Number(minutes)}:${seconds}` : `${Number(hours)}:${minutes}:${seconds}`
}

/** Reads a time as a person writes it; undefined where it is none. */
export function timeOf(text: string): number | undefined {
  const [, hours = '0', minutes = '0', seconds = '', part = ''] =
    /^\s*(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d{1,3}))?\s*$/.exec(text) ?? []
  if (seconds === '') return undefined
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(part.padEnd(3, '0'))
}

export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Why a cue cannot be saved as it is. */
export function unfitness({ startMs, endMs, text }: Cue): string | undefined {
  if (linesOf(text).length === 0) return 'has no words: write some, or delete it'
  return endMs <= startMs ? 'ends before it starts' : undefined
}

/** Cuts a cue in two at a place in its text; undefined where one of them would have no words. */
export function split({ startMs, endMs, text }: Cue, at: number): readonly [Cue, Cue] | undefined {
  const [before, after] = [text.slice(0, at).trim(), text.slice(at).trim()]
  if (before === '' || after === '' || endMs - startMs < 2 * shortestMs) return undefined
  const share = (before.length / (before.length + after.length)) * (endMs - startMs)
  const cutMs = Math.round(Math.min(Math.max(startMs + share, startMs + shortestMs), endMs - shortestMs))
  return [
    { startMs, endMs: cutMs, text: before },
    { startMs: cutMs, endMs, text: after },
  ]
}

/** Joins two cues; where their lines are more than the limit, they are broken anew. */
export function merged(one: Cue, next: Cue, { maxLines = 2, maxLineChars = 42 }: Limits): Cue {
  const lines = [...linesOf(one.text), ...linesOf(next.text)]
  const text = lines.length <= maxLines ? lines.join('\n') : broken(lines.join(' '), maxLineChars)
  return { startMs: one.startMs, endMs: Math.max(one.endMs, next.endMs), text }
}

function broken(line: string, maxLineChars: number): string {
  if (line.length <= maxLineChars) return line
  const spaces = [...line.matchAll(/ /g)].map(({ index }) => index)
  const middle = line.length / 2
  const [at] = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
  return at === undefined ? line : `${line.slice(0, at)}\n${line.slice(at + 1)}`
}

/** Returns a new cue between two others; undefined where there is no room. */
export function between(one: Cue | undefined, next: Cue | undefined, { cueGapS = 0 }: Limits): Cue | undefined {
  const gapMs = Math.round(cueGapS * 1000)
  const startMs = one === undefined ? 0 : one.endMs + gapMs
  const endMs = Math.min(startMs + newCueMs, next === undefined ? Number.POSITIVE_INFINITY : next.startMs - gapMs)
  return endMs - startMs < shortestMs ? undefined : { startMs, endMs, text: '' }
}

/** One number beside a cue; `over` says in words how it is outside of the limits. */
export interface Measure {
  readonly text: string
  readonly over?: string
}

/** Measures a cue as the check of the pipeline does: characters are code points, spaces count. */
export function measures(cue: Cue, next: Cue | undefined, limits: Limits): readonly Measure[] {
  const { charsPerSecond, maxLineChars, maxLines, minCueS, maxCueS, cueGapS } = limits
  const lines = linesOf(cue.text)
  const chars = (text: string) => [...text].length
  const ms = Math.max(1, cue.endMs - cue.startMs)
  const speed = (chars(lines.join(' ')) * 1000) / ms
  const longest = Math.max(0, ...lines.map(chars))
  const seconds = ms / 1000
  const isFast =
    charsPerSecond !== undefined &&
    ms + toleranceMs < Math.min((chars(lines.join(' ')) * 1000) / charsPerSecond, (maxCueS ?? 1e9) * 1000)
  const over = (is: boolean, words: string) => (is ? { over: words } : {})
  const short = minCueS !== undefined && ms + toleranceMs < minCueS * 1000
  const long = maxCueS !== undefined && ms - toleranceMs > maxCueS * 1000
  const gapMs = next === undefined ? Number.POSITIVE_INFINITY : next.startMs - cue.endMs
  const close =
    gapMs < 0 ? 'overlaps the next' : `${seconds2(gapMs)} s to the next, at least ${seconds2((cueGapS ?? 0) * 1000)}`
  return [
    { text: `${speed.toFixed(1)} c/s`, ...over(isFast, `too fast: at most ${charsPerSecond}`) },
    {
      text: `line ${longest}`,
      ...over(maxLineChars !== undefined && longest > maxLineChars, `too long: at most ${maxLineChars}`),
    },
    {
      text: lines.length === 1 ? '1 line' : `${lines.length} lines`,
      ...over(maxLines !== undefined && lines.length > maxLines, `too many: at most ${maxLines}`),
    },
    {
      text: `${seconds2(ms)} s`,
      ...over(short, `too short: at least ${minCueS?.toFixed(2)}`),
      ...over(long && seconds > 0, `too long: at most ${maxCueS}`),
    },
    ...(gapMs < 0 || (cueGapS !== undefined && gapMs + toleranceMs < cueGapS * 1000)
      ? [{ text: 'gap', over: close }]
      : []),
  ]
}

function seconds2(ms: number): string {
  return (ms / 1000).toFixed(2)
}

export function isSame(one: Cue | undefined, other: Cue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const text = (cue: Cue) => linesOf(cue.text).join('\n')
  return one.startMs === other.startMs && one.endMs === other.endMs && text(one) === text(other)
}

/**
 * Brings what was typed since `base` onto a track that changed meanwhile. `lost` holds cues whose place is another one
 * now, so that nothing is overwritten: the person has to say where they belong.
 */
export function rebase(
  base: readonly Cue[],
  mine: readonly Cue[],
  now: readonly Cue[],
): { readonly cues: readonly Cue[]; readonly lost: readonly Cue[] } {
  let from = 0
  while (from < Math.min(base.length, mine.length) && isSame(base[from], mine[from])) from += 1
  let after = 0
  const most = Math.min(base.length, mine.length) - from
  while (after < most && isSame(base.at(-1 - after), mine.at(-1 - after))) after += 1
  const before = base.slice(from, base.length - after)
  const made = mine.slice(from, mine.length - after)
  if (before.length === 0 && made.length === 0) return { cues: now, lost: [] }
  const [first] = made
  const place =
    before.length === 0
      ? roomFor(made, now)
      : now.findIndex((_, at) => before.every((cue, n) => isSame(cue, now[at + n])))
  if (place === -1) return isIn(now, made) || first === undefined ? { cues: now, lost: [] } : { cues: now, lost: made }
  return { cues: [...now.slice(0, place), ...made, ...now.slice(place + before.length)], lost: [] }
}

/** Where cues that were added fit without lying over others. */
function roomFor(made: readonly Cue[], now: readonly Cue[]): number {
  const [startMs = 0, endMs = 0] = [made[0]?.startMs, made.at(-1)?.endMs]
  if (now.some((cue) => cue.startMs < endMs && startMs < cue.endMs)) return -1
  const next = now.findIndex((cue) => cue.startMs >= endMs)
  return next === -1 ? now.length : next
}

/** It was saved, and the answer was lost. */
function isIn(now: readonly Cue[], made: readonly Cue[]): boolean {
  return made.every((cue) => now.some((other) => isSame(cue, other)))
}
