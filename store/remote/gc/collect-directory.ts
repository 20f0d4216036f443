import { existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseActionRecord } from '../../contract/action-record.ts'
import { type Digest, digestBytes, isHash } from '../../contract/digest.ts'
import { guardedParse, isObject } from '../../contract/json-guards.ts'
import { neededBlobs } from '../../contract/needed-blobs.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { parseTreeListing } from '../../contract/tree.ts'
import { valueOr } from '../../disk/io-failure.ts'
import { namesIn } from '../../disk/names-in.ts'
import { isTemporaryName } from '../../disk/temporary-path.ts'
import { blobPath, formatPath, formatText, isScope, packPath } from '../layout/remote-layout.ts'
import { parsePacks } from '../seal/sealed-action.ts'

export interface DirectoryCollection {
  readonly maxSizeBytes: number
  readonly sizeBytes: number
  readonly freedBytes: number
  /** Results that went, those unused for longest first. */
  readonly results: number
  /** Files that no result needs, older than a day. */
  readonly leftovers: number
}

export interface CollectDirectoryOptions {
  readonly maxSizeBytes: number
  readonly dryRun?: boolean
  /** Milliseconds since 1970. */
  readonly now?: number
}

/** What is younger may belong to a result that is being sent. */
const graceMs = 24 * 3600 * 1000

interface Found {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/**
 * Removes from a shared directory what nobody used for longest, until the rest fits, and then what no result needs. For the
 * one who owns it: who removes while others write needs to know that it is theirs. A result counts as used when it was
 * written or touched.
 */
export function collectDirectory(
  dir: string,
  { maxSizeBytes, dryRun = false, now = Date.now() }: CollectDirectoryOptions,
): Result<DirectoryCollection, string> {
  const format = valueOr(undefined, () => readFileSync(join(dir, formatPath), 'utf8'))
  if (format === undefined && !existsSync(dir)) return err(`the directory ${dir} does not exist`)
  if (format !== formatText) return err(`${dir} is not a cache of this layout, so nothing in it is removed`)
  const files = new Map(filesIn(dir).map((file) => [relative(dir, file.path), file]))
  const sizeBytes = sumOf(files.values())
  const actions = [...files].filter(([path]) => scopeOf(path, 'actions') !== undefined)
  actions.sort(([, a], [, b]) => a.modifiedMs - b.modifiedMs)
  const needs = new Map(actions.map(([path, file]) => [path, neededBy(dir, path, file)]))
  /** How many results need each file. */
  const users = new Map<string, number>()
  for (const paths of needs.values()) for (const path of paths) users.set(path, (users.get(path) ?? 0) + 1)
  const doomed = new Set<string>()
  for (const [path, file] of files) {
    const isOld = now - file.modifiedMs > graceMs
    const isPart = scopeOf(path, 'blobs') !== undefined || scopeOf(path, 'packs') !== undefined
    const name = path.split('/').at(-1) ?? ''
    if (isOld && ((isPart && !users.has(path)) || isTemporaryName(name))) doomed.add(path)
  }
  const leftovers = doomed.size
  let left = sizeBytes - [...doomed].reduce((sum, path) => sum + (files.get(path)?.sizeBytes ?? 0), 0)
  let results = 0
  for (const [action, file] of actions) {
    if (left <= maxSizeBytes) break
    // The action first: a reader then has a miss, and not a result without its files.
    doomed.add(action)
    left -= file.sizeBytes
    results += 1
    for (const path of needs.get(action) ?? []) {
      const others = (users.get(path) ?? 1) - 1
      users.set(path, others)
      const part = files.get(path)
      if (others > 0 || part === undefined || now - part.modifiedMs <= graceMs) continue
      doomed.add(path)
      left -= part.sizeBytes
    }
  }
  if (!dryRun) for (const path of doomed) valueOr(undefined, () => unlinkSync(join(dir, path)))
  return ok({ maxSizeBytes, sizeBytes, freedBytes: sizeBytes - left, results, leftovers })
}

/** Returns the paths of the files that a result needs; those of one that cannot be read are none. */
function neededBy(dir: string, path: string, { sizeBytes }: Found): ReadonlySet<string> {
  const scope = scopeOf(path, 'actions') ?? ''
  const paths = new Set<string>()
  const text =
    sizeBytes > 64 * 1024 * 1024 ? undefined : valueOr(undefined, () => readFileSync(join(dir, path), 'utf8'))
  const sealed = text === undefined ? undefined : guardedParse(text)
  if (!isObject(sealed) || typeof sealed.record !== 'string') return paths
  const record = parseActionRecord(guardedParse(sealed.record))
  if (record === undefined) return paths
  const packs = parsePacks(sealed.packs) ?? []
  for (const { hash } of packs) paths.add(packPath(scope, hash))
  const listingOf = ({ hash, sizeBytes }: Digest) => {
    const pack = packs.find(({ blobs }) => blobs.some((blob) => blob.hash === hash))
    const at = pack?.blobs.find((blob) => blob.hash === hash)
    const object = pack === undefined ? blobPath(scope, hash) : packPath(scope, pack.hash)
    const bytes = valueOr(undefined, () => readFileSync(join(dir, object)))
    const listing = at === undefined ? bytes : bytes?.subarray(at.offset, at.offset + sizeBytes)
    return listing === undefined || digestBytes(listing).hash !== hash
      ? undefined
      : parseTreeListing(listing.toString('utf8'))
  }
  for (const { digest } of neededBlobs(record, listingOf).blobs) paths.add(blobPath(scope, digest.hash))
  return paths
}

/** Returns the scope of a path of this kind: of `pr/17/blobs/ab/HASH`, `pr/17`. */
function scopeOf(path: string, kind: 'actions' | 'blobs' | 'packs'): string | undefined {
  const parts = path.split('/')
  const [found, , hash] = parts.slice(-3)
  const scope = parts.slice(0, -3).join('/')
  return found === kind && hash !== undefined && isHash(hash) && isScope(scope) ? scope : undefined
}

/** Links are not followed: what they lead to is not of this directory. */
function filesIn(dir: string): readonly Found[] {
  return namesIn(dir).flatMap((name) => {
    const path = join(dir, name)
    const stats = valueOr(undefined, () => lstatSync(path))
    if (stats?.isDirectory() === true) return filesIn(path)
    return stats?.isFile() === true ? [{ path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs }] : []
  })
}

function sumOf(files: Iterable<Found>): number {
  let sum = 0
  for (const { sizeBytes } of files) sum += sizeBytes
  return sum
}
