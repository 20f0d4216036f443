import { type ReadMarkup, readTags } from '../styled/read-markup.ts'
import { wordJoiner } from '../word-joiner.ts'
import type { FoundCues, PlacedCue, TimeToken } from './placed-cue.ts'
import { timeMs, timePattern } from './time-token.ts'

const timing = new RegExp(`^([ \\t]*)(${timePattern.source})[ \\t]*-->[ \\t]*(${timePattern.source})([ \\t].*)?$`, 'd')

interface Line {
  readonly from: number
  /** Where its text ends, before the line break. */
  readonly end: number
  /** Where the next line begins. */
  readonly to: number
  readonly text: string
}

/** Finds the cues of SubRip and WebVTT, whose times have an arrow between them. */
export function findArrowCues(text: string, format: 'srt' | 'vtt', read: (part: string) => string): FoundCues {
  const lines = linesOf(text)
  const cues: PlacedCue[] = []
  const starts = lines.flatMap(({ text: line }, index) =>
    isTiming(line, format) && !isInNote(lines, index, format) ? [index] : [],
  )
  for (const [position, index] of starts.entries()) {
    const line = lines[index]
    const found = line === undefined ? null : timing.exec(line.text)
    if (line === undefined || found === null) return { ok: false, error: `line ${index + 1} is not a cue time` }
    const [start, end] = [tokenOf(line, found, 2), tokenOf(line, found, 8)]
    if (start === undefined || end === undefined) return { ok: false, error: `line ${index + 1} is not a cue time` }
    const first = headOf(lines, index, format)
    const next = starts[position + 1]
    const last = bodyEnd(lines, index + 1, next === undefined ? lines.length : headOf(lines, next, format), format)
    const body = lines.slice(index + 1, last)
    const markup = read(body.map(({ text: part }) => part).join('\n'))
    const inner = format === 'vtt' ? body.flatMap(innerTimes) : []
    cues.push({
      from: lines[first]?.from ?? line.from,
      to: lines[last - 1]?.to ?? line.to,
      start,
      end,
      inner,
      text: plainText(markup, format),
      markup: placedMarkup(markup, format, found[14] ?? ''),
      isShown: true,
    })
  }
  return { ok: true, value: cues }
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  for (const { 0: whole, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    if (whole === '' && index === text.length) break
    const content = whole.replace(/[\r\n]+$/, '')
    lines.push({ from: index, end: index + content.length, to: index + whole.length, text: content })
  }
  return lines
}

/** Returns whether a line should be the times of a cue. SubRip has no escape for an arrow in a text. */
function isTiming(line: string, format: 'srt' | 'vtt'): boolean {
  return line.includes('-->') && (format === 'vtt' || /^\s*\d/.test(line))
}

/** Returns whether a line is part of a comment of WebVTT. */
function isInNote(lines: readonly Line[], index: number, format: 'srt' | 'vtt'): boolean {
  if (format === 'srt') return false
  let at = index
  while (at > 0 && lines[at - 1]?.text !== '') at -= 1
  return /^NOTE(?:[ \t]|$)/.test(lines[at]?.text ?? '')
}

/** Returns the line with which a cue begins: its number or name, or its times. */
function headOf(lines: readonly Line[], index: number, format: 'srt' | 'vtt'): number {
  const before = lines[index - 1]?.text.trim() ?? ''
  if (format === 'srt') return /^\d+$/.test(before.replace(/^\u00ef\u00bb\u00bf|^\ufeff/, '')) ? index - 1 : index
  return before !== '' && !/^WEBVTT/.test(before) ? index - 1 : index
}

/** Returns the line after a cue and the empty lines that follow it. */
function bodyEnd(lines: readonly Line[], from: number, limit: number, format: 'srt' | 'vtt'): number {
  // In SubRip, a text may have empty lines.
  if (format === 'srt') return limit
  let at = from
  while (at < limit && lines[at]?.text !== '') at += 1
  while (at < limit && lines[at]?.text === '') at += 1
  return at
}

function tokenOf(line: Line, found: RegExpExecArray, group: number): TimeToken | undefined {
  const [from, to] = found.indices?.[group] ?? []
  const ms = timeMs(found[group] ?? '')
  return from === undefined || to === undefined || ms === undefined
    ? undefined
    : { from: line.from + from, to: line.from + to, ms }
}

function innerTimes({ from, text }: Line): readonly TimeToken[] {
  return [...text.matchAll(/<([\d:.]{9,13})>/g)].flatMap(({ 1: token = '', index }) => {
    const ms = timeMs(token)
    return ms === undefined ? [] : [{ from: from + index + 1, to: from + index + 1 + token.length, ms }]
  })
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', nbsp: ' ' }

function plainText(text: string, format: 'srt' | 'vtt'): string {
  const bare = text
    .replace(/<\/?(?:b|i|u|s|font|c|v|ruby|rt|lang)(?:[ .][^<>\n]{0,200})?>/gi, '')
    .replace(/<[\d:.]{9,13}>/g, '')
    .replace(/\{\\[^{}\n]{0,200}\}/g, '')
    .replaceAll(wordJoiner, '')
    .trim()
  return format === 'srt' ? bare : decoded(bare)
}

function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|nbsp);/g, (_, name: string) => entities[name] ?? '')
}

/** `settings` is what follows the times: in WebVTT, `line` tells where a cue stands, in lines or percent from the top. */
function placedMarkup(markup: string, format: 'srt' | 'vtt', settings: string): ReadMarkup {
  const read = readTags(markup, format === 'srt' ? (text) => text : decoded)
  const [, line, percent] = /(?:^|\s)line:(\d+(?:\.\d+)?)(%?)/.exec(format === 'srt' ? '' : settings) ?? []
  return line === undefined ? read : { ...read, isAtTop: Number(line) < (percent === '%' ? 50 : 5) }
}
