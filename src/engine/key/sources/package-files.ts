import { dirname, join, sep } from 'node:path'
import { artifactOfPath, digestBytes, digestText, type LocalStore } from '../../../../store/index.ts'
import { isObject, isRecord } from '../../../core/index.ts'
import { DiskLooks, looksTheSame } from './disk-looks.ts'

/** What is in the path of every file of an installed package. */
export const packagesDir = `${sep}node_modules${sep}`

type PackageJson = Readonly<Record<string, unknown>>

/** A package, as it is installed. */
export interface InstalledPackage {
  readonly name: string
  /** Its version, and a digest of the versions of all packages that it needs. */
  readonly version: string
}

/** The fields of a package.json that name packages which it may load. */
const dependencyFields = ['dependencies', 'optionalDependencies', 'peerDependencies']

/** Finds packages and what their package.json says, each once. */
export class PackageFiles {
  readonly #store: LocalStore
  readonly looks = new DiskLooks()
  readonly #manifests = new Map<string, PackageJson | undefined>()
  readonly #places = new Map<string, string | undefined>()
  readonly #installed = new Map<string, Promise<InstalledPackage>>()

  constructor(store: LocalStore) {
    this.#store = store
  }

  /** Returns the package.json of a folder, if it is there and is valid. */
  manifest(dir: string): PackageJson | undefined {
    if (!this.#manifests.has(dir)) this.#manifests.set(dir, this.looks.json(join(dir, 'package.json')))
    return this.#manifests.get(dir)
  }

  /** Returns the package that a folder belongs to. */
  around(dir: string): { readonly dir: string; readonly manifest: PackageJson } | undefined {
    for (const above of foldersFrom(dir)) {
      const manifest = this.manifest(above)
      if (manifest !== undefined) return { dir: above, manifest }
    }
    return undefined
  }

  /** Returns the real folder of a package, as Node finds it from another folder. */
  find(name: string, from: string): string | undefined {
    const asked = `${from}\0${name}`
    if (this.#places.has(asked)) return this.#places.get(asked)
    let found: string | undefined
    for (const above of foldersFrom(from)) {
      found = this.looks.real(join(above, 'node_modules', name))
      if (found !== undefined) break
    }
    this.#places.set(asked, found)
    return found
  }

  /** Returns the name and version of the package that is installed in a folder, which a file in another one imports. */
  installed(dir: string, importedFrom: string): Promise<InstalledPackage> {
    const known = this.#installed.get(dir)
    if (known !== undefined) return known
    const finding = this.#find(dir, importedFrom)
    this.#installed.set(dir, finding)
    return finding
  }

  async #find(dir: string, importedFrom: string): Promise<InstalledPackage> {
    const memo = `package in ${dir}`
    const { memos } = this.#store.ledger
    const name = dir.slice(dir.lastIndexOf(packagesDir) + packagesDir.length)
    if (this.#isCopied(name, importedFrom) || typeof this.manifest(dir)?.version !== 'string') {
      const copied = await artifactOfPath(this.#store, 'tree', dir)
      return { name, version: copied.ok ? digestText(copied.value.digest) : 'unreadable' }
    }
    const remembered = memos.get(memo)
    if (isObject(remembered) && isObject(remembered.seen) && looksTheSame(remembered.seen)) {
      return { name, version: String(remembered.version) }
    }
    const packages = new PackageFiles(this.#store)
    const { version } = packages.manifest(dir) ?? {}
    const needed = packages.#needed(dir)
    const text = needed.length === 0 ? '' : ` with ${digestBytes(Buffer.from(needed.join('\n'))).hash.slice(0, 16)}`
    const found = `${String(version)}${text}`
    memos.set(memo, { seen: packages.looks.seen, version: found })
    return { name, version: found }
  }

  /** Returns name and version of all packages that one needs. */
  #needed(top: string): readonly string[] {
    const needed = new Set<string>()
    const dirs = new Set([top])
    for (const dir of dirs) {
      const manifest = this.manifest(dir) ?? {}
      if (dir !== top) needed.add(`${String(manifest.name)}@${String(manifest.version)}`)
      const names = dependencyFields.flatMap((field) => (isRecord(manifest[field]) ? Object.keys(manifest[field]) : []))
      for (const name of names) {
        const found = this.find(name, dir)
        if (found !== undefined) dirs.add(found)
      }
    }
    return [...needed].sort()
  }

  /** A copy of a folder or of a repository may change without its version. */
  #isCopied(name: string, importedFrom: string): boolean {
    const { manifest = {} } = this.around(importedFrom) ?? {}
    return ['devDependencies', ...dependencyFields].some((field) => {
      const wanted = isRecord(manifest[field]) ? manifest[field][name] : undefined
      return typeof wanted === 'string' && /[:/]/.test(wanted) && !/^(npm|catalog):/.test(wanted)
    })
  }
}

function* foldersFrom(dir: string): Iterable<string> {
  yield dir
  for (let above = dirname(dir); above !== dir; above = dirname(dir)) {
    dir = above
    yield dir
  }
}
