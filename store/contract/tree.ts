import { canonicalJson } from './canonical-json.ts'
import { type Digest, digestBytes, isHash, sameDigest } from './digest.ts'
import type { JsonValue } from './json.ts'
import { guardedParse, isArray, isCount } from './json-guards.ts'

/**
 * One file of a tree; `path` is relative, its parts separated by slashes on every system. A path that ends with a slash
 * is an empty directory, whose digest is that of no bytes.
 */
export interface TreeEntry {
  readonly path: string
  readonly digest: Digest
  readonly executable: boolean
}

/**
 * Returns the canonical listing of a tree: a JSON array of `[path, hash, size, executable]`, sorted by the paths'
 * UTF-8 bytes, so that equal directories have equal listings. Throws when a path is not one that a tree may hold.
 */
export function treeListing(entries: readonly TreeEntry[]): string {
  for (const entry of entries) {
    const problem = entryProblem(entry)
    if (problem !== undefined) throw new TypeError(`${JSON.stringify(entry.path)} ${problem}`)
  }
  const sorted = [...entries].sort((a, b) => compareUtf8(a.path, b.path))
  return canonicalJson(sorted.map(({ path, digest, executable }) => [path, digest.hash, digest.sizeBytes, executable]))
}

/**
 * Returns the entries of a listing, or undefined when it is not one: every path is checked, because what is listed is
 * going to be written below some root, and nothing may be written outside it (promise 11).
 */
export function parseTreeListing(text: string): readonly TreeEntry[] | undefined {
  const value = guardedParse(text)
  if (!isArray(value)) return undefined
  const entries: TreeEntry[] = []
  const names = new Set<string>()
  let before: string | undefined
  for (const item of value) {
    const entry = parseEntry(item)
    if (entry === undefined || entryProblem(entry) !== undefined) return undefined
    if (before !== undefined && compareUtf8(before, entry.path) >= 0) return undefined
    before = entry.path
    names.add(entry.path)
    entries.push(entry)
  }
  return entries.some(({ path }) => hasFileAbove(path, names)) ? undefined : entries
}

function parseEntry(value: JsonValue): TreeEntry | undefined {
  if (!isArray(value) || value.length !== 4) return undefined
  const [path, hash, sizeBytes, executable] = value
  if (typeof path !== 'string' || typeof hash !== 'string' || !isHash(hash)) return undefined
  if (!isCount(sizeBytes) || typeof executable !== 'boolean') return undefined
  return { path, digest: { hash, sizeBytes }, executable }
}

/** A path whose parent is listed as a file, or as an empty directory, cannot be made. */
function hasFileAbove(path: string, names: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (names.has(path.slice(0, slash))) return true
    if (slash < path.length - 1 && names.has(path.slice(0, slash + 1))) return true
  }
  return false
}

function entryProblem({ path, digest, executable }: TreeEntry): string | undefined {
  if (!isEmptyDirectory(path)) return pathProblem(path)
  const holdsNothing = !executable && sameDigest(digest, noBytes)
  return holdsNothing ? pathProblem(path.slice(0, -1)) : 'is a directory, which has no bytes'
}

/** Returns whether the path of an entry is that of an empty directory. */
export function isEmptyDirectory(path: string): boolean {
  return path.endsWith('/')
}

const noBytes = digestBytes(new Uint8Array())

/** Returns the entry of an empty directory, by its path without a slash at the end. */
export function emptyDirectoryEntry(path: string): TreeEntry {
  return { path: `${path}/`, digest: noBytes, executable: false }
}

/** Returns why a path may not be in a tree, or undefined when it may. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.includes('\0')) return 'holds a NUL'
  if (/\p{Surrogate}/u.test(path)) return 'is not valid Unicode'
  // A backslash is a letter on POSIX and a separator on Windows; a colon there begins a drive or a stream.
  if (process.platform === 'win32' && /[\\:]/.test(path)) return 'is not portable'
  const parts = path.split('/')
  if (parts.includes('')) return path.startsWith('/') ? 'is absolute' : 'has an empty part'
  if (parts.includes('..') || parts.includes('.')) return 'has a part that leaves its directory'
  return undefined
}

/** Compares two texts by their UTF-8 bytes, which is the order of their code points. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
