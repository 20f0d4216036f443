import { changed, colorOf, type TextStyle } from '../styled/styled-text.ts'
import { attributeOf, tagsOf } from './tags.ts'

/** What a TTML file declares in its head: attributes of styles by their ids, and regions. */
export interface TtmlLook {
  readonly styles: ReadonlyMap<string, string>
  readonly regions: ReadonlyMap<string, { readonly style: string; readonly isAtTop: boolean }>
}

/** Returns the styles and regions that a TTML file declares before its body; `opening` is its tag `tt`. */
export function readTtmlLook(text: string, opening: string): TtmlLook {
  const styles = new Map<string, string>()
  const regions: { readonly id: string; style: string }[] = []
  let isInRegion = false
  for (const { name, attributes, isOpening, isClosing } of tagsOf(text)) {
    if (name === 'body') break
    const id = attributeOf(attributes, 'id')
    if (name === 'style' && isOpening && id !== undefined) styles.set(id, attributes)
    // A region may hold its style in elements of their own.
    const region = isInRegion ? regions.at(-1) : undefined
    if (name === 'style' && isOpening && region !== undefined) region.style += ` ${attributes}`
    if (name !== 'region') continue
    if (isOpening) regions.push({ id: id ?? '', style: attributes })
    isInRegion = !isClosing
  }
  const height = /\s([\d.]+)px\s*$/.exec(attributeOf(opening, 'extent') ?? '')?.[1]
  return {
    styles,
    regions: new Map(
      regions.map(({ id, style }) => {
        const places = [...referred(styles, style), style]
        return [id, { style, isAtTop: isTopRegion(places, Number(height)) }]
      }),
    ),
  }
}

/** One in the lower half shows its text there, whichever of its own edges that is next to. */
function isTopRegion(places: readonly string[], height: number): boolean {
  const of = (name: string) => places.map((attributes) => attributeOf(attributes, name)).findLast((value) => value)
  const vertical = /^\s*\S+\s+([\d.]+)(%|px)\s*$/.exec(of('origin') ?? '')
  const share = vertical?.[2] === 'px' ? Number(vertical[1]) / height : Number(vertical?.[1] ?? 0) / 100
  return of('displayAlign') === 'before' && !(share >= 0.5)
}

/** Returns the style of what has these attributes, inside of something with the style `around`. */
export function styleIn({ styles }: Pick<TtmlLook, 'styles'>, attributes: string, around: TextStyle): TextStyle {
  return [...referred(styles, attributes), attributes].reduce(withAttributes, around)
}

/** Returns the styles that attributes refer to, those that these refer to first. */
function referred(styles: TtmlLook['styles'], attributes: string, seen: readonly string[] = []): readonly string[] {
  const ids = (attributeOf(attributes, 'style') ?? '').split(/\s+/)
  return ids.flatMap((id) => {
    const found = seen.includes(id) ? undefined : styles.get(id)
    return found === undefined ? [] : [...referred(styles, found, [...seen, id]), found]
  })
}

function withAttributes(style: TextStyle, attributes: string): TextStyle {
  const is = (name: string, pattern: RegExp) => {
    const value = attributeOf(attributes, name)
    return value === undefined ? {} : { [partOf[name] ?? '']: pattern.test(value) }
  }
  return changed(style, {
    ...is('fontStyle', /^(?:italic|oblique)$/),
    ...is('fontWeight', /^bold$/),
    ...is('textDecoration', /\bunderline\b/),
    color: colorOf(attributeOf(attributes, 'color') ?? ''),
  })
}

const partOf: Readonly<Record<string, string>> = {
  fontStyle: 'italic',
  fontWeight: 'bold',
  textDecoration: 'underline',
}
