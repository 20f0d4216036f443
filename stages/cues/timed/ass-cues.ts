import { readOverrides } from '../styled/read-markup.ts'
import { changed, plainStyle, type TextStyle } from '../styled/styled-text.ts'
import { wordJoiner } from '../word-joiner.ts'
import type { FoundCues, PlacedCue, TimeToken } from './placed-cue.ts'
import { timeMs } from './time-token.ts'

const usualFormat = ['layer', 'start', 'end', 'style', 'name', 'marginl', 'marginr', 'marginv', 'effect', 'text']

/** Finds the events of Advanced SubStation Alpha and of SSA, in the fields that the file's own `Format` line names. */
export function findAssCues(text: string, read: (part: string) => string): FoundCues {
  const cues: PlacedCue[] = []
  const styles = stylesOf(text)
  let isInEvents = false
  let fields: readonly string[] = usualFormat
  let number = 0
  for (const { 0: whole, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    if (whole === '') continue
    number += 1
    const line = whole.replace(/[\r\n]+$/, '')
    const section = /^(?:\ufeff|\u00ef\u00bb\u00bf)?\s*\[([^\]]*)\]/.exec(line)?.[1]
    if (section !== undefined) isInEvents = section.trim().toLowerCase() === 'events'
    if (!isInEvents) continue
    const format = /^Format:(.*)$/i.exec(line)?.[1]
    if (format !== undefined) fields = format.split(',').map((name) => name.trim().toLowerCase())
    const event = /^(Dialogue|Comment):/i.exec(line)
    if (event === null) continue
    const values = fieldsOf(line, event[0].length, fields.length)
    const token = (name: string): TimeToken | undefined => {
      const field = values[fields.indexOf(name)]
      const ms = field === undefined ? undefined : timeMs(field.text)
      return field === undefined || ms === undefined
        ? undefined
        : { from: index + field.from, to: index + field.from + field.text.length, ms }
    }
    const [start, end] = [token('start'), token('end')]
    if (start === undefined || end === undefined) return { ok: false, error: `line ${number} has no times` }
    const markup = read(values[fields.indexOf('text')]?.text ?? '')
    cues.push({
      from: index,
      to: index + whole.length,
      start,
      end,
      inner: [],
      text: plainText(markup),
      markup: readOverrides(markup, styles.get(values[fields.indexOf('style')]?.text ?? '') ?? plainStyle, styles),
      isShown: /^D/i.test(event[0]),
    })
    // The fields stand in this order in every program that writes them; others could not be rewritten from left to right.
    if (start.from > end.from) return { ok: false, error: `line ${number} has its end before its start` }
  }
  return { ok: true, value: cues }
}

/** Returns which of the file's styles are italic, bold or underlined; their colours are those of the whole file. */
function stylesOf(text: string): ReadonlyMap<string, TextStyle> {
  const section = /^\[V4\+? Styles\][^[]*/im.exec(text)?.[0] ?? ''
  const names = (/^Format:(.*)$/im.exec(section)?.[1] ?? '').split(',').map((name) => name.trim().toLowerCase())
  return new Map(
    [...section.matchAll(/^Style:(.*)$/gim)].map(([, line = '']) => {
      const values = line.split(',').map((value) => value.trim())
      const isOn = (name: string) => !['0', undefined].includes(values[names.indexOf(name)])
      const flags = { italic: isOn('italic'), bold: isOn('bold'), underline: isOn('underline') }
      return [values[names.indexOf('name')] ?? '', changed(plainStyle, flags)]
    }),
  )
}

/** Returns the fields of an event, without the spaces around them; the last has all the commas that are left. */
function fieldsOf(line: string, from: number, count: number): readonly { from: number; text: string }[] {
  const found: { from: number; text: string }[] = []
  let at = from
  for (let field = 0; field < count; field += 1) {
    const comma = field === count - 1 ? -1 : line.indexOf(',', at)
    const end = comma < 0 ? line.length : comma
    const raw = line.slice(at, end)
    found.push({ from: at + raw.length - raw.trimStart().length, text: raw.trim() })
    if (comma < 0) break
    at = end + 1
  }
  return found
}

function plainText(text: string): string {
  return text
    .replace(/(?<!\\)\{[^{}]{0,2000}\}/g, '')
    .replace(/\\N/g, '\n')
    .replace(/\\[nh]/g, ' ')
    .replace(/\\([{}])/g, '$1')
    .replaceAll(wordJoiner, '')
    .trim()
}
