import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { defineTool, type InstallAdvice, type ModelFile, type Tool } from 'reprise'
import { languageCode, longLanguageCode } from '../languages/languages.ts'
import { debianPackage, packagedPartners } from './apertium-packages.ts'

/** Where distributions and source builds put the language pairs. */
const dataRoots = ['/usr/share/apertium', '/usr/local/share/apertium']

/** Where a language pair's data is. */
export interface ApertiumPair {
  /** Such as `eng-spa`. */
  readonly mode: string
  readonly root: string
}

/**
 * Returns the pair that translates between two languages, under the root that has it, or under the usual one.
 * Newer pairs are named by ISO 639-3, older ones by 639-1.
 */
export function apertiumPair(from: string, to: string, roots: readonly string[] = dataRoots): ApertiumPair {
  const modes = [`${longLanguageCode(from)}-${longLanguageCode(to)}`, `${from}-${to}`]
  const candidates = roots.flatMap((root) => modes.map((mode) => ({ mode, root })))
  const usual = { mode: modes[0] ?? '', root: roots[0] ?? '' }
  return candidates.find((candidate) => existsSync(modePath(candidate))) ?? usual
}

function modePath({ mode, root }: ApertiumPair): string {
  return `${root}/modes/${mode}.mode`
}

/** Returns the directories of data that a mode's text refers to, each once. */
export function modeDataDirs(text: string, root: string): string[] {
  const names = [...text.matchAll(/'([^']+)'/g)].flatMap(([, path = '']) => {
    const [name] = path.startsWith(`${root}/`) ? path.slice(root.length + 1).split('/') : []
    return name === undefined || name === '' ? [] : [name]
  })
  return [...new Set(names)].sort()
}

function models(pair: ApertiumPair): ModelFile[] {
  const path = modePath(pair)
  const mode = { name: pair.mode, path }
  if (!existsSync(path)) return [mode]
  const dirs = modeDataDirs(readFileSync(path, 'utf8'), pair.root)
  return [mode, ...dirs.map((name) => ({ name, path: `${pair.root}/${name}` }))]
}

/** Returns the translation directions that are installed, such as `eng-spa`. */
export function installedPairs(roots: readonly string[] = dataRoots): string[] {
  const modes = roots.flatMap((root) => {
    const dir = `${root}/modes`
    return existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.mode')) : []
  })
  return [...new Set(modes.map((name) => name.slice(0, -'.mode'.length)))].sort()
}

/** Returns the languages that an installed pair translates to another from, sorted, as ISO 639-1 where there is one. */
export function installedSources(to: string, roots: readonly string[] = dataRoots): readonly string[] {
  const sources = installedPairs(roots).flatMap((mode) => {
    const [source, target, ...rest] = mode.split('-').map((code) => languageCode(code))
    return source !== undefined && target === to && rest.length === 0 ? [source] : []
  })
  return [...new Set(sources)].sort()
}

/** Says that nothing here translates between two languages, and what would. */
export function noTranslation(from: string, to: string): string {
  const data = debianPackage(from, to)
  const advice =
    data === undefined ? `no package of Debian does` : `apt-get install apertium ${data}, and run this command again`
  return `apertium does not translate from ${from} to ${to} here: ${advice}; a language model translates between any two: -p translator=llm`
}

function hint(from: string, to: string, roots: readonly string[]): string {
  const installed = installedPairs(roots).join(', ') || 'none'
  if (debianPackage(from, to) !== undefined) return `Installed pairs: ${installed}`
  const partners = packagedPartners(from).join(', ') || 'no language'
  return `No package of Debian translates between ${from} and ${to}. Installed pairs: ${installed}. Debian packages pair ${from} with: ${partners}. A language model translates between any two: translator=llm`
}

function install(from: string, to: string): InstallAdvice {
  const data = debianPackage(from, to)
  return data === undefined ? {} : { debian: `apertium ${data}`, other: 'https://wiki.apertium.org/wiki/Installation' }
}

/** Returns the translator between two languages with the data of that pair; codes are ISO 639-1 or 639-3. */
export function apertium(from: string, to: string, roots: readonly string[] = dataRoots): Tool {
  const pair = apertiumPair(from, to, roots)
  return defineTool({
    name: 'apertium',
    command: 'apertium',
    version: { args: ['-V'], parse: (printed) => /^Apertium (\d\S*)/m.exec(printed)?.[1] },
    models: models(pair),
    hint: () => hint(from, to, roots),
    // Looked up only where the pair is missing.
    get install() {
      return install(from, to)
    },
  })
}

/**
 * Returns the arguments that translate a text file to standard output, unknown words marked with an asterisk.
 * Apertium opens `/dev/stdin` by its name, which fails where standard input is a socket, as Node makes it: so, a file.
 */
export function translateArgs({ mode, root }: ApertiumPair, input: string): string[] {
  return ['-d', root, mode, input]
}
