import { linesInPieces, namedColors, type ShownText, type StyledText } from './styled-text.ts'

const nameOfColor = new Map(Object.entries(namedColors).map(([name, color]) => [color, name]))

/** Returns the lines of a cue with the tags of SubRip, its text escaped by `escaped`. */
export function taggedSrt(cue: ShownText, escaped: (text: string) => string): readonly string[] {
  const lines = linesInPieces(cue).map((line) =>
    line
      .map((piece) => tagged(piece, escaped(piece.text), piece.color && ['font', `font color="${piece.color}"`]))
      .join(''),
  )
  return cue.isAtTop === true ? lines.map((line, index) => (index === 0 ? `{\\an8}${line}` : line)) : lines
}

/** Returns the lines of a cue with the tags of WebVTT, its text escaped by `escaped`; it has eight colours. */
export function taggedVtt(cue: ShownText, escaped: (text: string) => string): readonly string[] {
  return linesInPieces(cue).map((line) =>
    line
      .map((piece) => {
        const name = nameOfColor.get(piece.color ?? '')
        return tagged(piece, escaped(piece.text), name && ['c', `c.${name}`])
      })
      .join(''),
  )
}

function tagged({ italic, bold, underline }: StyledText, text: string, color: '' | undefined | string[]): string {
  let made = text
  if (underline) made = `<u>${made}</u>`
  if (bold) made = `<b>${made}</b>`
  if (italic) made = `<i>${made}</i>`
  return color ? `<${color[1]}>${made}</${color[0]}>` : made
}

/** Returns the text of a cue with the overrides of ASS, its text escaped by `escaped`. */
export function overriddenAss(cue: ShownText, escaped: (text: string) => string): string {
  const lines = linesInPieces(cue).map((line) =>
    line
      .map((piece) => {
        const on = overrides(piece)
        return on === '' ? escaped(piece.text) : `{${on}}${escaped(piece.text)}{\\r}`
      })
      .join(''),
  )
  return `${cue.isAtTop === true ? '{\\an8}' : ''}${lines.join('\\N')}`
}

function overrides({ italic, bold, underline, color = '' }: StyledText): string {
  const digits = `${color.slice(5)}${color.slice(3, 5)}${color.slice(1, 3)}`.toUpperCase()
  return [italic && '\\i1', bold && '\\b1', underline && '\\u1', digits && `\\c&H${digits}&`]
    .filter((part) => part !== undefined)
    .join('')
}
