import type { Cue } from '../cues.ts'

/** Returns cues as JSON: times in whole milliseconds, and the lines of each. */
export function formatJson(cues: readonly Cue[], { language }: { readonly language: string }): string {
  return `${JSON.stringify({ language, cues }, null, 1)}\n`
}

/**
 * Returns the cues of a JSON file: of this program, of Whisper and its kin (`segments` with `start`, `end` and `text`, in
 * seconds), or of whisper.cpp (`transcription` with `offsets`); undefined for other files.
 */
export function readJson(text: string): readonly Cue[] | undefined {
  if (!/^\ufeff?\s*\{/.test(text)) return undefined
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
  for (const [name, read] of Object.entries(readers)) {
    const list = member(value, name)
    if (!Array.isArray(list)) continue
    const cues = list.map(read)
    if (cues.every((cue) => cue !== undefined)) return cues.filter(({ lines }) => lines.length > 0)
  }
  return undefined
}

const readers: Readonly<Record<string, (item: unknown) => Cue | undefined>> = {
  cues: (item) => cueOf(member(item, 'startMs'), member(item, 'endMs'), member(item, 'lines'), 1),
  segments: (item) => cueOf(member(item, 'start'), member(item, 'end'), member(item, 'text'), 1000),
  transcription(item) {
    const offsets = member(item, 'offsets')
    return cueOf(member(offsets, 'from'), member(offsets, 'to'), member(item, 'text'), 1)
  },
}

function cueOf(start: unknown, end: unknown, text: unknown, unitMs: number): Cue | undefined {
  if (typeof start !== 'number' || typeof end !== 'number' || !(end >= start) || !(start >= 0)) return undefined
  const parts: readonly unknown[] = Array.isArray(text)
    ? text
    : typeof text === 'string'
      ? text.split('\n')
      : [undefined]
  const lines: string[] = []
  for (const part of parts) {
    if (typeof part !== 'string') return undefined
    if (part.trim() !== '') lines.push(part.trim())
  }
  return { startMs: Math.round(start * unitMs), endMs: Math.round(end * unitMs), lines }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
