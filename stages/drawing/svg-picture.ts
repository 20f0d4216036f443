import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fontFiles } from './font-files.ts'

export type DrawnPicture =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly error: string }

/** As sharp as a frame can show it. */
const longestSide = 1920

/**
 * Draws an SVG as PNG, with the bundled fonts. What it names outside of itself is left out: a picture must not show the
 * files of whoever draws it.
 */
export async function drawSvg(svg: string, tempDir: string): Promise<DrawnPicture> {
  const { Resvg } = await import('@resvg/resvg-js')
  const own = svg.replace(/\b(?:xlink:)?href\s*=\s*(?:"(?!#|data:)[^"]*"|'(?!#|data:)[^']*')/gi, '')
  try {
    const { width, height } = new Resvg(own, { font: { loadSystemFonts: false } })
    if (!(width > 0 && height > 0)) return { ok: false, error: 'it has no size' }
    const drawn = new Resvg(own, {
      fitTo: { mode: width >= height ? 'width' : 'height', value: longestSide },
      font: { loadSystemFonts: false, fontFiles: await fontsIn(tempDir), defaultFontFamily: 'Inter' },
    })
    return { ok: true, value: drawn.render().asPng() }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

async function fontsIn(dir: string): Promise<string[]> {
  const files: string[] = []
  for (const [index, font] of fontFiles().entries()) {
    const path = join(dir, `font-${index}.ttf`)
    await writeFile(path, font)
    files.push(path)
  }
  return files
}
