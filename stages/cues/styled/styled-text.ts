/** How a piece of text looks where it differs from the rest. */
export interface TextStyle {
  readonly italic?: true
  readonly bold?: true
  readonly underline?: true
  /** As `#rrggbb`, in lower case. */
  readonly color?: string
}

/** A piece of a line that looks the same throughout. */
export interface StyledText extends TextStyle {
  readonly text: string
}

export const plainStyle: TextStyle = {}

/** What a cue shows. */
export interface ShownText {
  readonly lines: readonly string[]
  /** The same lines in pieces, where something is styled. */
  readonly styled?: readonly (readonly StyledText[])[]
  /** Whether it stands at the top of the picture, and not at the foot. */
  readonly isAtTop?: true
}

/** The colours that WebVTT names in classes (W3C WebVTT, section 5.1), which are those of teletext. */
export const namedColors: Readonly<Record<string, string>> = {
  white: '#ffffff',
  lime: '#00ff00',
  cyan: '#00ffff',
  red: '#ff0000',
  yellow: '#ffff00',
  magenta: '#ff00ff',
  blue: '#0000ff',
  black: '#000000',
}

/** Returns a colour as `#rrggbb`; undefined for what is none, and for those with names that players do not share. */
export function colorOf(text: string): string | undefined {
  const name = text.trim().toLowerCase()
  const hex = /^#([\da-f]{6})(?:[\da-f]{2})?$/.exec(name)?.[1]
  return hex === undefined ? namedColors[name] : `#${hex}`
}

/** What is white looks like text without a colour. */
export const plainColor = '#ffffff'

/** Returns a style with some of its parts changed: `false` takes one away, and so does the colour white. */
export function changed(
  style: TextStyle,
  { color, ...flags }: { readonly color?: string | undefined } & Readonly<Partial<Record<Flag, boolean>>>,
): TextStyle {
  const next: { -readonly [Part in keyof TextStyle]: TextStyle[Part] } = { ...style }
  for (const flag of ['italic', 'bold', 'underline'] as const) {
    if (flags[flag] === true) next[flag] = true
    if (flags[flag] === false) delete next[flag]
  }
  if (color === plainColor) delete next.color
  else if (color !== undefined) next.color = color
  return next
}

type Flag = 'italic' | 'bold' | 'underline'

/**
 * Returns the pieces of a text in lines, as `lines` has them: without the spaces around a line, and without empty lines.
 * Undefined where nothing is styled, and where the pieces do not say what the lines do.
 */
function styledLines(
  pieces: readonly StyledText[],
  lines: readonly string[],
): readonly (readonly StyledText[])[] | undefined {
  const found: StyledText[][] = [[]]
  for (const { text, ...style } of pieces) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) found.push([])
      const line = found.at(-1)
      const last = line?.at(-1)
      if (part === '' || line === undefined) continue
      if (last !== undefined && isSame(last, style)) line[line.length - 1] = { ...last, text: last.text + part }
      else line.push({ ...style, text: part })
    }
  }
  const trimmed = found.map(trimmedLine).filter((line) => line.length > 0)
  const says = trimmed.map((line) => line.map(({ text }) => text).join(''))
  const isStyled = trimmed.some((line) => line.some((piece) => !isSame(piece, plainStyle)))
  return isStyled && says.length === lines.length && says.every((text, at) => text === lines[at]) ? trimmed : undefined
}

function isSame(one: TextStyle, other: TextStyle): boolean {
  return (
    one.italic === other.italic &&
    one.bold === other.bold &&
    one.underline === other.underline &&
    one.color === other.color
  )
}

function trimmedLine(line: readonly StyledText[]): StyledText[] {
  const kept = [...line]
  for (const [end, trim] of [
    [0, (text: string) => text.trimStart()],
    [-1, (text: string) => text.trimEnd()],
  ] as const) {
    for (let piece = kept.at(end); piece !== undefined; piece = kept.at(end)) {
      const text = trim(piece.text)
      if (text !== '') {
        kept[end === 0 ? 0 : kept.length - 1] = { ...piece, text }
        break
      }
      kept.splice(end === 0 ? 0 : kept.length - 1, 1)
    }
  }
  return kept
}

/** Returns what a cue with these lines has beyond them. */
export function stylingOf(
  { pieces, isAtTop }: { readonly pieces: readonly StyledText[]; readonly isAtTop: boolean },
  lines: readonly string[],
): Omit<ShownText, 'lines'> {
  const styled = styledLines(pieces, lines)
  return { ...(styled === undefined ? {} : { styled }), ...(isAtTop ? { isAtTop } : {}) }
}

/** Returns the lines in pieces, of one piece each where nothing is styled. */
export function linesInPieces({ lines, styled }: ShownText): readonly (readonly StyledText[])[] {
  return styled ?? lines.map((text) => [{ text }])
}
