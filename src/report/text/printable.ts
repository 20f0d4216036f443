import { stripVTControlCharacters } from 'node:util'

// C0, DEL, C1, and the marks that reorder or hide text: all can make a terminal show what is not there.
const unprintable = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

const esc = String.fromCharCode(27)
const bell = String.fromCharCode(7)
// Titles and links, with their text, of which Node's own function leaves a part behind.
const operatingSystemCommand = new RegExp(`${esc}\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)`, 'g')

const plainText = /^[\x20-\x7e]*$/

/** Returns whether a text is of printable ASCII only, as most are: each letter takes a cell, and nothing is hidden. */
export function isPlain(text: string): boolean {
  return plainText.test(text)
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return ' '
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/**
 * Returns text from outside (a file name, a line of a tool's output) as one line that is safe to show:
 * escape sequences are removed, other control characters are shown as such.
 */
export function printable(text: string): string {
  if (isPlain(text)) return text
  return stripVTControlCharacters(text.replace(operatingSystemCommand, '')).replace(unprintable, escaped)
}

/** Returns text from outside as safe lines. */
export function printableLines(text: string): readonly string[] {
  return text.trimEnd().split(/\r?\n/).map(printable)
}
