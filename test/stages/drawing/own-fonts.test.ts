import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fontsOf } from '../../../stages/drawing/own-fonts.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { variableTtf, variableWoff2 } from './variable-font.ts'

const require = createRequire(import.meta.url)

/** A folder with some of the fonts that tests have, by the names that it gives them. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryDirectory(), 'fonts')
  mkdirSync(join(folder, 'more'), { recursive: true })
  for (const [name, of] of Object.entries(files)) copyFileSync(require.resolve(`@fontsource/${of}`), join(folder, name))
  return folder
}

const regular = 'dejavu-sans/files/dejavu-sans-latin-400-normal.woff2'
const bold = 'dejavu-sans/files/dejavu-sans-latin-700-normal.woff'
const mono = 'jetbrains-mono/files/jetbrains-mono-latin-400-normal.woff2'

function namesIn(folder: string | undefined): readonly string[] {
  const read = fontsOf(folder)
  if (!read.ok) throw new Error(read.problem)
  const { fonts } = read
  return [fonts.regular, fonts.bold, fonts.mono].map(
    ({ first }) => `${first.familyName} ${first['OS/2'].usWeightClass}`,
  )
}

it('fonts of a folder are for text, titles and code by what they are, not by their names', () => {
  expect(namesIn(undefined)).toEqual(['Inter 400', 'Inter 700', 'JetBrains Mono 400'])
  expect(namesIn(folderWith({ 'a.woff': bold, 'more/b.woff2': regular, 'c.woff2': mono }))).toEqual([
    'DejaVu Sans 400',
    'DejaVu Sans 700',
    'JetBrains Mono 400',
  ])
  expect(namesIn(folderWith({ 'one.woff2': regular }))).toEqual([
    'DejaVu Sans 400',
    'DejaVu Sans 400',
    'JetBrains Mono 400',
  ])
})

it('letters that they lack are those of the bundled fonts', () => {
  const read = fontsOf(folderWith({ 'one.woff2': mono }))
  expect(read.ok && read.fonts.regular.runs('aЖ').map(({ font, text }) => [font.familyName, text])).toEqual([
    ['JetBrains Mono', 'a'],
    ['Inter', 'Ж'],
  ])
})

it('a folder without fonts, and a file that is none, are told', () => {
  const folder = folderWith({})
  writeFileSync(join(folder, 'readme.txt'), 'no font')
  expect(fontsOf(folder)).toMatchObject({ ok: false, problem: expect.stringContaining('has no font') })
  writeFileSync(join(folder, 'more', 'broken.ttf'), 'no font')
  expect(fontsOf(folder)).toEqual({ ok: false, problem: "the font 'more/broken.ttf' cannot be read" })
})

it.each(['OS/2', 'post', 'cmap'])('a font without its table %s is told, or drawn with', (table) => {
  const folder = folderWith({ 'one.woff': bold })
  const file = join(folder, 'one.woff')
  const bytes = readFileSync(file)
  bytes.write('none', bytes.indexOf(table.padEnd(4)), 'latin1')
  writeFileSync(file, bytes)
  const read = fontsOf(folder)
  if (table === 'OS/2') expect(read.ok && read.fonts.regular.first.familyName).toBe('DejaVu Sans')
  else expect(read).toEqual({ ok: false, problem: "the font 'one.woff' cannot be read" })
})

it('a variable font is drawn at the weight of text and of titles, and as it is where it is compressed', () => {
  const widths = (name: string, bytes: Buffer) => {
    const folder = folderWith({})
    writeFileSync(join(folder, name), bytes)
    const read = fontsOf(folder)
    if (!read.ok) throw new Error(read.problem)
    return [read.fonts.regular, read.fonts.bold].map(({ first }) => first.layout('i').advanceWidth)
  }
  expect(widths('thin.ttf', variableTtf)).toEqual([330, 360])
  expect(widths('thin.woff2', variableWoff2)).toEqual([300, 300])
})
