import { wordJoiner } from '../word-joiner.ts'
import {
  changed,
  colorOf,
  namedColors,
  plainColor,
  plainStyle,
  type StyledText,
  type TextStyle,
} from './styled-text.ts'

/** A text in pieces, and whether it stands at the top of the picture. */
export interface ReadMarkup {
  readonly pieces: readonly StyledText[]
  readonly isAtTop: boolean
}

/** The tags that players of SubRip and WebVTT know. */
const tag = /<(\/?)(b|i|u|s|font|c|v|ruby|rt|lang)((?:[ .][^<>\n]{0,200})?)>|<[\d:.]{9,13}>|\{(\\[^{}\n]{0,200})\}/gi

/** Reads the tags of SubRip or WebVTT, and the overrides of ASS that players take in SubRip. */
export function readTags(markup: string, decoded: (text: string) => string): ReadMarkup {
  const pieces: StyledText[] = []
  const open: { readonly name: string; readonly before: TextStyle }[] = []
  let style = plainStyle
  let isAtTop = false
  let from = 0
  const add = (to: number) => pieces.push({ ...style, text: textOf(decoded(markup.slice(from, to))) })
  for (const { 0: whole, 1: slash, 2: tagName, 3: rest = '', 4: overrides, index } of markup.matchAll(tag)) {
    add(index)
    from = index + whole.length
    if (overrides !== undefined) {
      style = overridden(style, overrides, plainStyle)
      isAtTop ||= isTop(overrides)
    }
    const name = tagName?.toLowerCase()
    if (name === undefined) continue
    if (slash === '') {
      open.push({ name, before: style })
      style = changed(style, tagStyle(name, rest))
    } else {
      const at = open.findLastIndex((one) => one.name === name)
      style = open[at]?.before ?? style
      if (at >= 0) open.length = at
    }
  }
  add(markup.length)
  return { pieces, isAtTop }
}

function tagStyle(name: string, rest: string): Parameters<typeof changed>[1] {
  if (name === 'i') return { italic: true }
  if (name === 'b') return { bold: true }
  if (name === 'u') return { underline: true }
  if (name === 'font') return { color: colorOf(/\bcolor\s*=\s*["']?([#\w]+)/i.exec(rest)?.[1] ?? '') }
  if (name === 'c') {
    const color = rest.split(/[. ]/).findLast((part) => Object.hasOwn(namedColors, part))
    return { color: color === undefined ? undefined : namedColors[color] }
  }
  return {}
}

/** Reads the overrides of an event of ASS, whose own style is one of those of the file's `Style` lines. */
export function readOverrides(markup: string, own: TextStyle, styles: ReadonlyMap<string, TextStyle>): ReadMarkup {
  const pieces: StyledText[] = []
  let style = own
  let isAtTop = false
  let from = 0
  const add = (to: number) => pieces.push({ ...style, text: textOf(unescaped(markup.slice(from, to))) })
  for (const { 0: whole, 1: overrides = '', index } of markup.matchAll(/(?<!\\)\{([^{}]{0,2000})\}/g)) {
    add(index)
    from = index + whole.length
    style = overridden(style, overrides, own, styles)
    isAtTop ||= isTop(overrides)
  }
  add(markup.length)
  return { pieces, isAtTop }
}

/**
 * `\i1`, `\b700`, `\u0`, `\c&Hbbggrr&`, `\r` and `\rSTYLE` (Aegisub, ASS tags); those without a value go back to the style.
 * Other overrides change no letters.
 */
function overridden(
  style: TextStyle,
  overrides: string,
  own: TextStyle,
  styles?: ReadonlyMap<string, TextStyle>,
): TextStyle {
  let next = style
  let base = own
  for (const [, name = '', value = ''] of overrides.matchAll(/\\((?:i|b|u|1?c)(?![a-z])|r)([^\\]*)/gi)) {
    const key = name.toLowerCase()
    if (key === 'r') {
      base = styles?.get(value.trim()) ?? own
      next = base
    } else if (key.endsWith('c')) {
      const color = value.trim() === '' ? (base.color ?? plainColor) : colorOfAss(value)
      next = changed(next, { color })
    } else {
      const flag = key === 'i' ? 'italic' : key === 'b' ? 'bold' : 'underline'
      const isOn = value.trim() === '' ? base[flag] === true : Number(value.trim()) > 0
      next = changed(next, { [flag]: isOn })
    }
  }
  return next
}

function colorOfAss(value: string): string | undefined {
  const digits = /^&?H?([\da-f]{1,8})&?$/i.exec(value.trim())?.[1]?.padStart(6, '0').slice(-6).toLowerCase()
  return digits === undefined ? undefined : `#${digits.slice(4)}${digits.slice(2, 4)}${digits.slice(0, 2)}`
}

/** `\an7` to `\an9`, and `\a5` to `\a7` of SSA. */
function isTop(overrides: string): boolean {
  return /\\an[789](?!\d)|\\a[567](?!\d)/i.test(overrides)
}

function unescaped(text: string): string {
  return text
    .replace(/\\N/g, '\n')
    .replace(/\\[nh]/g, ' ')
    .replace(/\\([{}])/g, '$1')
}

function textOf(text: string): string {
  return text.replaceAll(wordJoiner, '')
}
