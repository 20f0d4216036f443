import { type Box, bulletBox, comparisonBox, type Pen, quoteBox, tableBox, textBox } from './boxes.ts'
import { codeBox } from './code-box.ts'
import { codeLines } from './code-tokens.ts'
import type { FontChain, FontName } from './fonts.ts'
import { imageBox, leastImageHeight } from './image-box.ts'
import type { Picture, PictureElement } from './picture.ts'
import type { Theme } from './themes.ts'

export interface Frame {
  readonly width: number
  readonly height: number
}

/** A part of a scene's picture that comes in on its own. */
export interface Layer {
  /** An SVG document of this size, to be put at (x, y). */
  readonly svg: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The index of the picture's element; none for the title, which is there from the start. */
  readonly element?: number
}

export interface SceneLayout {
  readonly background: string
  readonly layers: readonly Layer[]
  /** What does not fit into the safe area, even at the smallest size; absent where all does. */
  readonly overflow?: string
}

/** The largest and the smallest size of running text, as a share of the shorter side: 54 and 25 of 1080 lines. */
const sizes = { largest: 0.05, smallest: 0.0235, steps: 24 }
/** What viewers see on every screen: 90 % of the picture (EBU R 95, title safe area). */
const safeMargin = 0.05
/** Titles stay larger than this share of the shorter side, so that they do not change from scene to scene. */
const titleSize = 0.042
/** Text is made smaller by so many of the steps before titles are. */
const tightAfter = 16
/** Code is first made smaller by so many steps, then broken, and then made smaller again from here. */
const brokenFrom = 6
const layerPad = 4

/** What a scene is drawn with. */
export interface DrawnWith {
  readonly theme: Theme
  readonly fonts: Readonly<Record<FontName, FontChain>>
  /** The files that it shows, as data URIs by their names; a layout that is not drawn needs none. */
  readonly pictures?: ReadonlyMap<string, string>
}

/** Lays a scene's picture out: at the largest size of text with which all of it fits into the safe area. */
export function layOutScene(picture: Picture, frame: Frame, drawnWith: DrawnWith): SceneLayout {
  const { boxes, fits, what } = placeInto(picture, frame, drawnWith)
  const layers = boxes.map(({ box, x, y, element }) => layerOf(box, x, y, element))
  return { background: backgroundOf(frame, drawnWith.theme), layers, ...(fits ? {} : { overflow: what }) }
}

/** Returns what of a scene's picture does not fit, as a layout says it, without drawing any; undefined where all fits. */
export function sceneOverflow(picture: Picture, frame: Frame, drawnWith: DrawnWith): string | undefined {
  const { fits, what } = placeInto(picture, frame, drawnWith)
  return fits ? undefined : what
}

function placeInto(picture: Picture, frame: Frame, { theme, fonts, pictures = new Map() }: DrawnWith): Placed {
  const short = Math.min(frame.width, frame.height)
  const margin = {
    x: Math.round(frame.width * safeMargin + short * 0.03),
    y: Math.round(frame.height * safeMargin + short * 0.02),
  }
  const area = { x: margin.x, y: margin.y, width: frame.width - 2 * margin.x, height: frame.height - 2 * margin.y }
  let placed: Placed = { boxes: [], fits: true, what: '' }
  for (const { step, breaksCode } of triesFor(picture)) {
    const size = short * (sizes.largest - ((sizes.largest - sizes.smallest) * step) / sizes.steps)
    const sizeOfTitle = step > tightAfter ? size : Math.max(size, short * titleSize)
    placed = place(picture, area, { theme, fonts, pictures, size, sizeOfTitle, breaksCode })
    if (placed.fits) break
  }
  return placed
}

/** Returns in what sizes a picture is tried, the largest first. */
function triesFor({ elements }: Picture): { readonly step: number; readonly breaksCode: boolean }[] {
  const tries = (first: number, last: number, breaksCode: boolean) =>
    Array.from({ length: last - first + 1 }, (_, index) => ({ step: first + index, breaksCode }))
  return elements.some(({ kind }) => kind === 'code')
    ? [...tries(0, tightAfter, false), ...tries(brokenFrom, sizes.steps, true)]
    : tries(0, sizes.steps, false)
}

interface PlacedBox {
  readonly box: Box
  readonly x: number
  readonly y: number
  readonly element?: number
}

interface Placed {
  readonly boxes: readonly PlacedBox[]
  readonly fits: boolean
  readonly what: string
}

interface Area extends Frame {
  readonly x: number
  readonly y: number
}

interface PlaceOptions extends Pen {
  readonly sizeOfTitle: number
  readonly breaksCode: boolean
  readonly pictures: ReadonlyMap<string, string>
}

function place(picture: Picture, area: Area, { breaksCode, sizeOfTitle, pictures, ...pen }: PlaceOptions): Placed {
  const isTitle = picture.kind === 'title' || picture.kind === 'closing'
  const titleBox = titleOf(picture, area, { ...pen, size: sizeOfTitle })
  const texts = picture.elements.map((element) => elementBox(element, area.width, pen, { isTitle, breaksCode }))
  const gap = pen.size * (isTitle ? 0.9 : 0.7)
  const gaps = texts.map((_, index) =>
    index === 0 ? 0 : gapBetween(picture.elements[index - 1], picture.elements[index], gap),
  )
  const afterTitle = titleBox === undefined || texts.length === 0 ? 0 : pen.size * (isTitle ? 1 : 1.1)
  // Pictures share what the rest leaves.
  const textHeight = texts.reduce((sum, box, index) => sum + (box?.height ?? 0) + (gaps[index] ?? 0), 0)
  const left = area.height - (titleBox?.height ?? 0) - afterTitle - textHeight
  const height = Math.max(area.height * leastImageHeight, left / texts.filter((box) => box === undefined).length)
  const elements = picture.elements.map((element, index): Box => {
    const text = texts[index]
    if (text !== undefined || element.kind !== 'image') return text ?? { width: 0, height: 0, draw: () => '' }
    return imageBox(element, { width: area.width, height }, pictures.get(element.name), pen)
  })
  const body = elements.reduce((sum, box, index) => sum + box.height + (gaps[index] ?? 0), 0)
  const all = (titleBox?.height ?? 0) + afterTitle + body
  const tooWide = [titleBox, ...elements].findIndex((box) => box !== undefined && box.width > area.width + 0.5)
  // A picture fills what the rest leaves to the last bit, which sums of fractions miss.
  const fits = all <= area.height + 0.5 && tooWide < 0
  const boxes: PlacedBox[] = []
  const room = area.height - all
  // A title scene stands a little above the middle; the title of another scene stays where it is from scene to scene.
  let top = area.y + (isTitle || titleBox === undefined ? room * 0.45 : 0)
  if (titleBox !== undefined) {
    boxes.push({ box: titleBox, x: area.x, y: top })
    top += titleBox.height + afterTitle
    if (!isTitle) top += Math.max(0, room) * 0.38
  }
  for (const [index, box] of elements.entries()) {
    top += gaps[index] ?? 0
    const isImage = picture.elements[index]?.kind === 'image'
    boxes.push({ box, x: area.x + (isImage ? (area.width - box.width) / 2 : 0), y: top, element: index })
    top += box.height
  }
  const what =
    tooWide > 0
      ? `a line of ${nameOf(picture.elements[tooWide - 1])} is too long`
      : picture.elements.length === 1
        ? `${nameOf(picture.elements[0])} is too much for one scene`
        : `${picture.elements.length} elements are too much for one scene`
  return { boxes, fits, what }
}

function nameOf(element: PictureElement | undefined): string {
  return element === undefined ? 'the title' : `the ${element.kind}`
}

/** Items of one list stand closer together than different things. */
function gapBetween(before: PictureElement | undefined, after: PictureElement | undefined, gap: number): number {
  const areItems = before?.kind === 'bullet' && after?.kind === 'bullet'
  return areItems ? (after.depth > 0 ? gap * 0.6 : gap) : gap * 1.25
}

function titleOf({ kind, title }: Picture, area: Frame, pen: Pen): Box | undefined {
  if (title === undefined || title === '') return undefined
  const isLarge = kind === 'title' || kind === 'closing'
  const size = pen.size * (isLarge ? 2.1 : 1.3)
  const text = textBox(title, area.width, pen, { font: 'bold', size, leading: 1.2 })
  const bar = {
    width: pen.size * (isLarge ? 2.6 : 1.5),
    height: pen.size * (isLarge ? 0.2 : 0.13),
    gap: pen.size * (isLarge ? 0.7 : 0.4),
  }
  const height = text.height + bar.gap + bar.height
  const rect = (x: number, y: number) =>
    `<rect x="${x}" y="${y}" width="${bar.width}" height="${bar.height}" rx="${bar.height / 2}" fill="${pen.theme.accent}"/>`
  return isLarge
    ? { width: text.width, height, draw: (x, y) => rect(x, y) + text.draw(x, y + bar.height + bar.gap) }
    : { width: text.width, height, draw: (x, y) => text.draw(x, y) + rect(x, y + text.height + bar.gap) }
}

/** Returns the box of an element; undefined for a picture, which gets the room that the others leave. */
function elementBox(
  element: PictureElement,
  width: number,
  pen: Pen,
  { isTitle, breaksCode }: { readonly isTitle: boolean; readonly breaksCode: boolean },
): Box | undefined {
  switch (element.kind) {
    case 'text':
      return textBox(element.text, width, pen, isTitle ? { fill: pen.theme.muted } : { leading: 1.45 })
    case 'bullet':
      return bulletBox(element, width, pen)
    case 'quote':
      return quoteBox(element.text, width, pen)
    case 'code':
      return codeBox(codeLines(element.code, element.language), pen, breaksCode ? width : undefined)
    case 'table':
      return tableBox(element.rows, width, pen)
    case 'image':
      return undefined
    case 'comparison':
      return comparisonBox(element.rows, width, pen)
    default:
      return element satisfies never
  }
}

function layerOf(box: Box, x: number, y: number, element: number | undefined): Layer {
  const at = { x: Math.floor(x) - layerPad, y: Math.floor(y) - layerPad }
  // Chroma has half the resolution: layers of odd sizes or places would shift it.
  const even = { x: at.x - (at.x % 2), y: at.y - (at.y % 2) }
  const width = 2 * Math.ceil((box.width + x - even.x + layerPad) / 2)
  const height = 2 * Math.ceil((box.height + y - even.y + layerPad) / 2)
  const svg = svgDocument({ width, height }, box.draw(x - even.x, y - even.y))
  return { svg, ...even, width, height, ...(element === undefined ? {} : { element }) }
}

function backgroundOf({ width, height }: Frame, { background, accent }: Theme): string {
  const glow = Math.max(width, height) * 0.55
  return svgDocument(
    { width, height },
    `<defs><linearGradient id="b" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${background[0]}"/><stop offset="1" stop-color="${background[1]}"/></linearGradient>` +
      `<radialGradient id="g"><stop offset="0" stop-color="${accent}" stop-opacity="0.16"/><stop offset="1" stop-color="${accent}" stop-opacity="0"/></radialGradient></defs>` +
      `<rect width="${width}" height="${height}" fill="url(#b)"/>` +
      `<circle cx="${width * 0.96}" cy="${height * 0.04}" r="${glow}" fill="url(#g)"/>`,
  )
}

/** Returns an SVG document of a size in pixels. */
export function svgDocument({ width, height }: Frame, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`
}
