import { decodedXml } from '../formats/xml-text.ts'
import type { ReadMarkup } from './read-markup.ts'
import { changed, colorOf, plainStyle, type StyledText, type TextStyle } from './styled-text.ts'

/** The styles and regions of a file, by their ids. */
export interface TtmlStyles {
  readonly styles: ReadonlyMap<string, string>
  /** Those that show text at their top. */
  readonly topRegions: ReadonlySet<string>
}

/** Returns the styles and regions that a TTML file declares. */
export function ttmlStyles(text: string): TtmlStyles {
  const head = text.slice(0, Math.max(0, text.search(/<(?:[\w-]+:)?body\b/)))
  const declared = (element: string) =>
    [...head.matchAll(new RegExp(`<(?:[\\w-]+:)?${element}(\\s[^>]*)>`, 'g'))].map(
      ([, attributes = '']) => [attribute(attributes, 'id') ?? '', attributes] as const,
    )
  const regions = declared('region')
  return {
    styles: new Map(declared('style')),
    topRegions: new Set(regions.filter(([, attributes]) => isTopRegion(attributes)).map(([id]) => id)),
  }
}

/** One in the lower half shows its text there, whichever of its own edges that is next to. */
function isTopRegion(attributes: string): boolean {
  const fromTop = /^\s*\S+\s+([\d.]+)%\s*$/.exec(attribute(attributes, 'origin') ?? '')?.[1]
  return attribute(attributes, 'displayAlign') === 'before' && Number(fromTop ?? 0) < 50
}

/** Returns the text of a paragraph in pieces, by its spans; `attributes` are the paragraph's own. */
export function readTtmlText(body: string, attributes: string, { styles, topRegions }: TtmlStyles): ReadMarkup {
  const pieces: StyledText[] = []
  const open: TextStyle[] = []
  let style = styleOf(attributes, plainStyle, styles)
  let from = 0
  const flat = body.replace(/\s+/g, ' ')
  const add = (to: number) => pieces.push({ ...style, text: decodedXml(flat.slice(from, to)) })
  const element = /<(\/?)(?:[\w-]+:)?([\w-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<[^>]*>/g
  for (const { 0: whole, 1: closing, 2: name, 3: own = '', 4: empty, index } of flat.matchAll(element)) {
    add(index)
    from = index + whole.length
    if (name === 'br' && closing === '') pieces.push({ ...style, text: '\n' })
    if (name !== 'span' || empty !== '') continue
    if (closing === '') {
      open.push(style)
      style = styleOf(own, style, styles)
    } else style = open.pop() ?? style
  }
  add(flat.length)
  return { pieces, isAtTop: topRegions.has(attribute(attributes, 'region') ?? '') }
}

function styleOf(attributes: string, around: TextStyle, styles: ReadonlyMap<string, string>): TextStyle {
  let style = around
  for (const id of (attribute(attributes, 'style') ?? '').split(/\s+/)) {
    const referred = styles.get(id)
    if (referred !== undefined) style = withAttributes(style, referred)
  }
  return withAttributes(style, attributes)
}

function withAttributes(style: TextStyle, attributes: string): TextStyle {
  const is = (name: string, pattern: RegExp) => {
    const value = attribute(attributes, name)
    return value === undefined ? {} : { [partOf[name] ?? '']: pattern.test(value) }
  }
  return changed(style, {
    ...is('fontStyle', /^(?:italic|oblique)$/),
    ...is('fontWeight', /^bold$/),
    ...is('textDecoration', /\bunderline\b/),
    color: colorOf(attribute(attributes, 'color') ?? ''),
  })
}

const partOf: Readonly<Record<string, string>> = {
  fontStyle: 'italic',
  fontWeight: 'bold',
  textDecoration: 'underline',
}

function attribute(attributes: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1]
}
