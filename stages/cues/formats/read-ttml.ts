import type { Cue } from '../cues.ts'
import { readTtmlText, ttmlStyles } from '../styled/read-ttml-text.ts'
import { stylingOf } from '../styled/styled-text.ts'
import { decodedXml } from './xml-text.ts'

interface Clock {
  readonly frameRate: number
  readonly tickRate: number
}

/**
 * Returns the paragraphs of TTML, and so of DFXP, IMSC, EBU-TT-D and SMPTE-TT; undefined for other XML. The
 * times of what a paragraph is in are added to its own. There are no entities but those of XML itself.
 */
export function readTtml(text: string): readonly Cue[] | undefined {
  const root = /<(?:[\w-]+:)?tt(?=[\s>])[^>]*>/.exec(text)
  if (root === null) return undefined
  const of = (name: string) => new RegExp(`\\b(?:[\\w-]+:)?${name}="([^"]*)"`).exec(root[0])?.[1]
  const [above = 1, below = 1] = (of('frameRateMultiplier') ?? '1 1').split(/[ :]/).map(Number)
  const frameRate = (Number(of('frameRate') ?? 30) * above) / below
  const clock = { frameRate, tickRate: Number(of('tickRate') ?? frameRate) }
  const styles = ttmlStyles(text)
  const cues: Cue[] = []
  const begins: number[] = []
  const pattern = /<(\/?)(?:[\w-]+:)?(body|div|p)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [whole, closing, name, attributes = '', empty] = found
    if (closing !== '') {
      begins.pop()
      continue
    }
    const time = (key: string) => timeOf(new RegExp(`\\s${key}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1], clock)
    const fromMs = (begins.at(-1) ?? 0) + (time('begin') ?? 0)
    if (empty === '') begins.push(fromMs)
    if (name !== 'p' || empty !== '') continue
    const [end, duration] = [time('end'), time('dur')]
    const toMs = end === undefined ? fromMs + (duration ?? 0) : (begins.at(-2) ?? 0) + end
    const from = found.index + whole.length
    const close = /<\/(?:[\w-]+:)?p\s*>/.exec(text.slice(from))
    const body = text.slice(from, close === null ? undefined : from + close.index)
    const lines = linesOf(body)
    if (toMs <= fromMs || lines.length === 0) continue
    const styling = stylingOf(readTtmlText(body, attributes, styles), lines)
    cues.push({ startMs: Math.round(fromMs), endMs: Math.round(toMs), lines, ...styling })
  }
  return cues
}

function linesOf(body: string): readonly string[] {
  const broken = body.replace(/\s+/g, ' ').replace(/<(?:[\w-]+:)?br\s*\/?>(?:<\/(?:[\w-]+:)?br>)?/g, '\n')
  return decodedXml(broken.replace(/<[^>]*>/g, ''))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

const units: Readonly<Record<string, (clock: Clock) => number>> = {
  h: () => 3_600_000,
  m: () => 60_000,
  s: () => 1000,
  ms: () => 1,
  f: ({ frameRate }) => 1000 / frameRate,
  t: ({ tickRate }) => 1000 / tickRate,
}

/** Returns the milliseconds of a time such as `00:00:01.5`, `00:00:01:12` or `1.5s`. */
function timeOf(text: string | undefined, clock: Clock): number | undefined {
  const offset = /^([\d.]+)(h|ms|m|s|f|t)$/.exec(text ?? '')
  if (offset !== null) return Number(offset[1]) * (units[offset[2] ?? 's']?.(clock) ?? 1000)
  const found = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?$/.exec(text ?? '')
  if (found === null) return undefined
  const [, hours, minutes, seconds, frames = '0'] = found
  const wholeS = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return wholeS * 1000 + (Number(frames) * 1000) / clock.frameRate
}
