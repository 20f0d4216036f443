import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, type Font } from 'fontkit'
import { bundledFonts, type FontChain, type FontName } from './fonts.ts'

type Fonts = Readonly<Record<FontName, FontChain>>
export type ReadFonts = { readonly ok: true; readonly fonts: Fonts } | { readonly ok: false; readonly problem: string }

const endings = /\.(?:ttf|otf|ttc|otc|woff2?)$/i
/** From this weight on, a font is for what is bold (OpenType, OS/2 usWeightClass). */
const boldFrom = 600

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
  const found: Font[] = []
  for (const name of names.toSorted()) {
    const font = fontIn(join(folder, name))
    if (font === undefined) return { ok: false, problem: `the font '${name}' cannot be read` }
    if (font.italicAngle === 0) found.push(font)
  }
  if (found.length === 0)
    return { ok: false, problem: "the input 'fonts' has italic fonts only: give an upright one, too" }
  const mono = found.filter(isMono)
  const texts = mono.length === found.length ? mono : found.filter((font) => !isMono(font))
  const nearest = (weight: number) =>
    texts.toSorted((one, other) => Math.abs(weightOf(one) - weight) - Math.abs(weightOf(other) - weight))
  const bold = nearest(700).map((font) => (weightOf(font) < boldFrom ? boldOf(font) : font))
  return {
    ok: true,
    fonts: {
      regular: bundled.regular.after(nearest(400)),
      bold: bundled.bold.after(bold),
      mono: bundled.mono.after(mono),
    },
  }
}

/** Returns the font in a file, the first of a collection; undefined where there is none. */
function fontIn(path: string): Font | undefined {
  try {
    const opened = create(readFileSync(path))
    return 'fonts' in opened ? opened.fonts[0] : opened
  } catch {
    // What fontkit throws of a file that is no font is of many kinds.
    return undefined
  }
}

function weightOf(font: Font): number {
  return font['OS/2'].usWeightClass
}

/** Returns a variable font at its bold; another one as it is. */
function boldOf(font: Font): Font {
  const { wght } = font.variationAxes
  return wght === undefined ? font : font.getVariation({ wght: Math.min(700, wght.max) })
}

function isMono(font: Font): boolean {
  const [narrow, wide] = ['i', 'm'].map((letter) => font.layout(letter).advanceWidth)
  return narrow === wide
}
