import { isBuiltin } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../../core/index.ts'
import { type PackageFiles, packagesDir } from './package-files.ts'

/** What an import may load. */
export interface ImportedCode {
  /** Files of the project and of packages that are linked into it. */
  readonly files: readonly string[]
  /** Folders of packages that are installed. */
  readonly packages: readonly string[]
}

const nothing: ImportedCode = { files: [], packages: [] }
const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']
/** The runner stands for itself in every key, and what ships with it is known by its version. */
const runner = /^reprise($|\/)/

/**
 * Returns what a file means by an import, as written there; `*` stands for what is known only when it runs. Where the
 * loader's choice depends on how it imports, all that it may choose is returned.
 */
export function importedCode(written: string, from: string, packages: PackageFiles): ImportedCode {
  const name = written.replace(/^(\.{0,2}\/[^?#]*)[?#].*$/, '$1')
  if (isBuiltin(name) || runner.test(name) || /^(data|https?|node):/.test(name)) return nothing
  if (name.startsWith('file:')) return { files: filesAt(fileURLToPath(name), packages), packages: [] }
  if (/^\.{0,2}\/|^\.{1,2}$/.test(name)) return { files: filesAt(resolve(dirname(from), name), packages), packages: [] }
  const own = packages.around(dirname(from))
  if (name.startsWith('#')) {
    if (own === undefined || !isRecord(own.manifest.imports)) return nothing
    return joined(targetsOf(own.manifest.imports, name).map((target) => targetCode(target, own.dir, packages)))
  }
  const [, packageName = '', subpath = ''] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(name) ?? []
  const dir = packages.find(packageName, dirname(from))
  if (dir === undefined) {
    return own?.manifest.name === packageName ? { files: entriesOf(own.dir, subpath, packages), packages: [] } : nothing
  }
  // A package that is linked into the project is a part of it.
  if (`${dir}${sep}`.includes(packagesDir)) return { files: [], packages: [dir] }
  return { files: entriesOf(dir, subpath, packages), packages: [] }
}

function joined(parts: readonly ImportedCode[]): ImportedCode {
  return { files: parts.flatMap(({ files }) => files), packages: parts.flatMap(({ packages }) => packages) }
}

function targetCode(target: string, dir: string, packages: PackageFiles): ImportedCode {
  if (target.startsWith('.')) return { files: filesAt(join(dir, target), packages), packages: [] }
  return importedCode(target, join(dir, 'package.json'), packages)
}

/** Returns the files that a package's folder has for a path in it, as its package.json says. */
function entriesOf(dir: string, subpath: string, packages: PackageFiles): readonly string[] {
  const { exports: exported, main, module } = packages.manifest(dir) ?? {}
  if (exported === undefined || exported === null) {
    if (subpath !== '') return filesAt(join(dir, subpath), packages)
    const mains = [main, module].filter((entry) => typeof entry === 'string')
    return [...mains.flatMap((entry) => filesAt(join(dir, entry), packages)), ...filesAt(join(dir, 'index'), packages)]
  }
  const isPaths = isRecord(exported) && Object.keys(exported).every((key) => key.startsWith('.'))
  const targets = isPaths ? targetsOf(exported, subpath === '' ? '.' : `./${subpath}`) : conditional(exported)
  return targets.flatMap((target) => filesAt(join(dir, target), packages))
}

/** Returns the targets of a name in a map of names and patterns, under all conditions. */
function targetsOf(map: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  if (name in map) return conditional(map[name])
  const matching = Object.keys(map).flatMap((pattern) => {
    const [head = '', tail] = pattern.split('*')
    if (tail === undefined || !name.startsWith(head) || !name.endsWith(tail)) return []
    return [{ pattern, head, rest: name.slice(head.length, name.length - tail.length) }]
  })
  const [best] = matching.sort((a, b) => b.head.length - a.head.length)
  return best === undefined ? [] : conditional(map[best.pattern]).map((target) => target.replaceAll('*', best.rest))
}

function conditional(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target]
  if (Array.isArray(target)) return target.flatMap(conditional)
  if (!isRecord(target)) return []
  return Object.entries(target).flatMap(([condition, then]) => (condition === 'types' ? [] : conditional(then)))
}

/** Returns the file that a path without its extension, or of a folder, stands for; all that match where it has a `*`. */
function filesAt(path: string, packages: PackageFiles): readonly string[] {
  if (path.includes('*')) return matchingFiles(path, packages)
  const candidates = [
    path,
    path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2'),
    ...extensions.map((extension) => path + extension),
    ...extensions.map((extension) => join(path, `index${extension}`)),
  ]
  const found = candidates.find((candidate) => packages.looks.isFile(candidate))
  if (found !== undefined) return [found]
  return packages.manifest(path) === undefined ? [] : entriesOf(path, '', packages)
}

function matchingFiles(pattern: string, { looks }: PackageFiles): readonly string[] {
  const [known = ''] = pattern.split('*', 1)
  const top = known.endsWith('/') ? known.slice(0, -1) : dirname(known)
  const escaped = pattern.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')
  const matches = new RegExp(`^${escaped}(${extensions.map((extension) => `\\${extension}`).join('|')})?$`)
  return looks.filesIn(top).filter((path) => matches.test(path))
}

/** Returns the name of a file in keys: the same for TypeScript and for what is compiled from it. */
export function sourceName(path: string, first: string): string {
  return shownName(path, first).replace(/\.[cm]?[jt]sx?$/, '')
}

/** Returns the name of a file as people are shown it. */
export function shownName(path: string, first: string): string {
  return path === first ? basename(path) : relative(dirname(first), path)
}
