import type { Beat } from './analysis.ts'

/** A mark in a file of labels, as Audacity writes it. */
export interface Label {
  readonly startS: number
  readonly endS: number
  readonly text: string
}

/** What in a file of labels cannot be read. */
export class LabelError extends Error {}

/**
 * Reads labels: a line each, `start<TAB>end<TAB>text` in seconds as Audacity exports them, or `time text`. Lines that begin
 * with a backslash (the frequencies of a spectral label) or `#` are left out.
 *
 * @throws {LabelError} with the number of the first line that is none, and where there are no labels at all.
 */
export function readLabels(file: string): readonly Label[] {
  if (file.includes('\0')) throw new LabelError('it is not text')
  const labels = file
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line, index): Label[] => {
      if (line.trim() === '' || /^[\\#]/.test(line)) return []
      const [, start = '', end, text = ''] =
        /^\s*(\d+(?:[.,]\d+)?)(?:\t(\d+(?:[.,]\d+)?))?(?:[\t ]+(.*?))?\s*$/.exec(line) ?? []
      if (start === '') throw new LabelError(`line ${index + 1} is not a label: '${shown(line)}'`)
      const seconds = (digits: string) => Number(digits.replace(',', '.'))
      const startS = seconds(start)
      const endS = end === undefined ? startS : seconds(end)
      if (endS < startS) throw new LabelError(`line ${index + 1} ends before it begins`)
      return [{ startS, endS, text }]
    })
  if (labels.length === 0) throw new LabelError('it has no labels')
  return labels.sort((one, other) => one.startS - other.startS)
}

/** How many letters of a line a message has. */
const shownLetters = 60

/** Returns a line as a message can have it: short, and without what a terminal would obey. */
function shown(line: string): string {
  const plain = line.replace(/[\p{Cc}\p{Cf}\ufffd]+/gu, ' ').trim()
  return plain.length > shownLetters ? `${plain.slice(0, shownLetters)}…` : plain
}

/**
 * Returns the beats with those that a person has corrected: from the first of them to the last one, theirs; before and after,
 * what was heard. The text of a label says which beat of its bar it is; without one, it follows the one before.
 */
export function correctBeats(heard: readonly Beat[], labels: readonly Label[]): readonly Beat[] {
  const [first, last] = [labels[0], labels.at(-1)]
  if (first === undefined || last === undefined) return heard
  const half = Math.max(0.05, (last.startS - first.startS) / Math.max(1, labels.length - 1) / 2)
  const usual = heard[heard.length >> 1]?.beatsPerBar ?? 4
  let position = 0
  const corrected = labels.map(({ startS, text }) => {
    const said = /^\d+$/.test(text.trim()) ? Number(text) : undefined
    position = said ?? (position % usual) + 1
    return { atS: startS, position: Math.max(1, position), beatsPerBar: usual, confidence: 1 }
  })
  return withBarLengths([
    ...heard.filter(({ atS }) => atS < first.startS - half),
    ...corrected,
    ...heard.filter(({ atS }) => atS > last.startS + half),
  ])
}

/** Returns beats that say how many the bar has that they are in. */
function withBarLengths(beats: readonly Beat[]): readonly Beat[] {
  const starts = [...beats.keys()].filter(
    (at) => at === 0 || (beats[at]?.position ?? 0) <= (beats[at - 1]?.position ?? 0),
  )
  return starts.flatMap((from, index) => {
    const bar = beats.slice(from, starts[index + 1])
    const isWhole = starts[index + 1] !== undefined && bar[0]?.position === 1
    return bar.map((beat) => (isWhole ? { ...beat, beatsPerBar: bar.at(-1)?.position ?? bar.length } : beat))
  })
}

interface Span {
  readonly startS: number
  readonly endS: number
}

/** What is left of a section beside a corrected one has to last this long. */
const shortestRestS = 1

/** Returns sections with those that a person has corrected; of the others, what these leave. */
export function correctSections<Section extends Span & { readonly label: string }>(
  found: readonly Section[],
  labels: readonly Label[],
  made: (span: Span, label: string) => Section,
): readonly Section[] {
  const corrected = labels.filter(({ startS, endS }) => endS > startS)
  if (corrected.length === 0) return found
  const rest = corrected.reduce<readonly Section[]>(
    (sections, { startS, endS }) =>
      sections.flatMap((section) => [
        ...(section.startS < startS
          ? [made({ startS: section.startS, endS: Math.min(section.endS, startS) }, section.label)]
          : []),
        ...(section.endS > endS
          ? [made({ startS: Math.max(section.startS, endS), endS: section.endS }, section.label)]
          : []),
      ]),
    found,
  )
  const kept = rest.filter(({ startS, endS }) => endS - startS >= shortestRestS)
  const all = [...kept, ...corrected.map(({ text, ...span }) => made(span, text.trim() || '?'))]
  // Each ends where the next one begins.
  return all
    .sort((one, other) => one.startS - other.startS)
    .map((section, at, sections) => ({ ...section, endS: sections[at + 1]?.startS ?? section.endS }))
}
