import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, type Font } from 'fontkit'
import { bundledFonts, type FontChain, type FontName } from './fonts.ts'

type Fonts = Readonly<Record<FontName, FontChain>>
export type ReadFonts = { readonly ok: true; readonly fonts: Fonts } | { readonly ok: false; readonly problem: string }

const endings = /\.(?:ttf|otf|ttc|otc|woff2?)$/i

/**
 * Returns the fonts of a folder, each before the bundled ones, which have the letters that it lacks. By its weight and its
 * widths a font is for text, for titles or for code; an italic one is for nothing.
 */
export function fontsOf(folder: string | undefined): ReadFonts {
  const bundled = bundledFonts()
  if (folder === undefined) return { ok: true, fonts: bundled }
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => endings.test(name))
  if (names.length === 0)
    return {
      ok: false,
      problem: "the input 'fonts' has no font: give a folder with TTF, OTF, TTC, WOFF or WOFF2 files",
    }
  const found: FoundFont[] = []
  for (const name of names.toSorted()) {
    const font = fontIn(join(folder, name))
    if (font === undefined) return { ok: false, problem: `the font '${name}' cannot be read` }
    if (font.isUpright) found.push(font)
  }
  if (found.length === 0)
    return { ok: false, problem: "the input 'fonts' has italic fonts only: give an upright one, too" }
  const mono = found.filter(({ isMono }) => isMono)
  const texts = mono.length === found.length ? mono : found.filter(({ isMono }) => !isMono)
  return {
    ok: true,
    fonts: {
      regular: bundled.regular.after(nearest(texts, 400)),
      bold: bundled.bold.after(nearest(texts, 700)),
      mono: bundled.mono.after(mono.map((font) => atWeight(font, 400))),
    },
  }
}

/** A font with what is asked of it; it is read only then, and may turn out to be broken. */
interface FoundFont {
  readonly font: Font
  readonly isUpright: boolean
  readonly isMono: boolean
  /** OpenType, OS/2 usWeightClass; that of a regular one where the font does not say. */
  readonly weight: number
  /** The weights that it can be drawn with, if it is a variable one. */
  readonly weights: { readonly min: number; readonly max: number } | undefined
}

/** Returns the font in a file, the first of a collection; undefined where there is none, or a broken one. */
function fontIn(path: string): FoundFont | undefined {
  try {
    const opened = create(readFileSync(path))
    const font = 'fonts' in opened ? opened.fonts[0] : opened
    if (font === undefined) return undefined
    const [narrow, wide] = ['i', 'm'].map((letter) => font.layout(letter).advanceWidth)
    const { 'OS/2': about }: { readonly 'OS/2'?: { readonly usWeightClass: number } } = font
    return {
      font,
      isUpright: font.italicAngle === 0,
      isMono: narrow === wide,
      weight: about?.usWeightClass ?? 400,
      weights: weightsOf(font),
    }
  } catch {
    // What fontkit throws of a file that is no font is of many kinds.
    return undefined
  }
}

/** fontkit makes no other weight of a compressed font. */
function weightsOf(font: Font): FoundFont['weights'] {
  const { wght } = font.variationAxes
  if (wght === undefined) return undefined
  try {
    font.getVariation({ wght: wght.default }).layout('i')
    return wght
  } catch {
    return undefined
  }
}

/** Returns the fonts, those that come nearest to a weight first. */
function nearest(fonts: readonly FoundFont[], weight: number): Font[] {
  const distance = (font: FoundFont) => Math.abs(weightNear(font, weight) - weight)
  return fonts.toSorted((one, other) => distance(one) - distance(other)).map((font) => atWeight(font, weight))
}

function weightNear({ weight: own, weights }: FoundFont, weight: number): number {
  return weights === undefined ? own : Math.min(weights.max, Math.max(weights.min, weight))
}

/** Returns a variable font at the weight, or next to it; another one as it is. A variable one may begin as thin as 100. */
function atWeight(found: FoundFont, weight: number): Font {
  return found.weights === undefined ? found.font : found.font.getVariation({ wght: weightNear(found, weight) })
}
