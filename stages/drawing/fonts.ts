import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { create, type Font } from 'fontkit'

export type FontName = 'regular' | 'bold' | 'mono'

/** Where the bundled fonts lie, and the writing systems that each has a file for (Open Font License). */
const bundled = {
  regular: { family: 'inter', weight: 400 },
  bold: { family: 'inter', weight: 700 },
  mono: { family: 'jetbrains-mono', weight: 400 },
} as const
/** Has the arrows, signs and marks that the others lack (Bitstream Vera licence). */
const symbols = 'dejavu-sans'
const subsets = ['latin', 'latin-ext', 'greek', 'cyrillic', 'cyrillic-ext', 'vietnamese']

/** A run of text in one font file. */
export interface FontRun {
  readonly font: Font
  readonly text: string
}

/** Fonts in the order in which they are asked for a letter. */
export class FontChain {
  readonly #sources: (() => Font)[]
  readonly #open = new Map<number, Font>()

  constructor(sources: readonly (() => Font)[]) {
    this.#sources = [...sources]
  }

  /** Returns these fonts, asked after others. */
  after(others: readonly Font[]): FontChain {
    return new FontChain([...others.map((font) => () => font), ...this.#sources])
  }

  #font(index: number): Font | undefined {
    const known = this.#open.get(index)
    if (known !== undefined) return known
    const font = this.#sources[index]?.()
    if (font !== undefined) this.#open.set(index, font)
    return font
  }

  get first(): Font {
    const font = this.#font(0)
    if (font === undefined) throw new TypeError('a chain of fonts has at least one font')
    return font
  }

  /** Returns the first font that has a letter; undefined where none has. */
  fontOf(codePoint: number): Font | undefined {
    for (let index = 0; index < this.#sources.length; index++) {
      const font = this.#font(index)
      if (font?.hasGlyphForCodePoint(codePoint) === true) return font
    }
    return undefined
  }

  /** Returns a text as runs of one font each. A letter that no font has is left to the first font, which draws a box. */
  runs(text: string): readonly FontRun[] {
    const runs: { font: Font; text: string }[] = []
    for (const letter of text) {
      const font = this.fontOf(letter.codePointAt(0) ?? 0) ?? this.first
      const last = runs.at(-1)
      if (last?.font === font) last.text += letter
      else runs.push({ font, text: letter })
    }
    return runs
  }

  /** Returns the letters of a text that no font has. */
  missing(text: string): readonly string[] {
    return [...new Set(text)].filter(
      (letter) => !/\s/.test(letter) && this.fontOf(letter.codePointAt(0) ?? 0) === undefined,
    )
  }
}

const require = createRequire(import.meta.url)
let chains: Readonly<Record<FontName, FontChain>> | undefined

/** Returns the bundled fonts: Inter and JetBrains Mono, for Latin, Greek, Cyrillic and Vietnamese, with DejaVu's signs. */
export function bundledFonts(): Readonly<Record<FontName, FontChain>> {
  chains ??= { regular: chainOf('regular'), bold: chainOf('bold'), mono: chainOf('mono') }
  return chains
}

function chainOf(name: FontName): FontChain {
  const { family, weight } = bundled[name]
  const files = subsets.map((subset) => `${family}/files/${family}-${subset}-${weight}-normal.woff2`)
  files.push(`${symbols}/files/${symbols}-latin-${weight}-normal.woff2`)
  return new FontChain(files.map((file) => () => openFont(readFileSync(require.resolve(`@fontsource/${file}`)))))
}

/** Returns where the bundled fonts lie, as web fonts of the first version (WOFF). */
export function bundledFontPaths(): readonly string[] {
  return Object.values(bundled).flatMap(({ family, weight }) =>
    [...subsets.map((subset) => [family, subset] as const), [symbols, 'latin'] as const].map(([name, subset]) =>
      require.resolve(`@fontsource/${name}/files/${name}-${subset}-${weight}-normal.woff`),
    ),
  )
}

/** Returns the font in a file's bytes; throws where they are no single font. */
export function openFont(bytes: Buffer): Font {
  const opened = create(bytes)
  if (!('hasGlyphForCodePoint' in opened)) throw new TypeError('it is a collection of fonts: pass a single font')
  return opened
}
