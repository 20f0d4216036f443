import type { BigIntStats } from 'node:fs'
import { wrongBytes } from '../blobs/quarantine.ts'
import { linkStatOf, stampOf, stampText } from '../disk/file-stamp.ts'
import { blobPath } from '../disk/layout.ts'
import { changedWhileRead, hashFile } from '../hashing/hash-file.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'

/** A blob that was found damaged. */
export interface Suspect {
  readonly hash: string
  readonly what: string
  /** The stat of its file when it was found, so that a file that was put anew is told apart; empty without a file. */
  readonly stamp: string
}

/** What checking one blob came to; `sizeBytes` is what its record says. */
export interface CheckedBlob {
  readonly sizeBytes: number
  readonly suspect?: Suspect
}

/** Errors that tell of the disk; others, such as too many open files, say nothing of the blob. */
const damageCodes = ['EIO', 'ENOENT', 'ENODATA', 'EUCLEAN', 'EBADMSG']

/** A file that is replaced while it is read is read again, this often. */
const attemptsMax = 3

/** Returns up to `countMax` hashes of blobs, in order, that come after a hash; also of those whose record is damaged. */
export function hashesAfter(context: StoreContext, after: string | undefined, countMax: number): readonly string[] {
  context.db.refresh()
  const hashes: string[] = []
  const start = after === undefined ? undefined : hashKey(after)
  for (const { key } of context.db.table('blobs-1').entries(start)) {
    const hash = Buffer.from(key).toString('hex')
    if (hash === after) continue
    hashes.push(hash)
    if (hashes.length === countMax) break
  }
  return hashes
}

/** Reads a whole blob and returns what is wrong with it, if anything is. One that was removed meanwhile is right. */
export async function checkBlob(context: StoreContext, hash: string): Promise<CheckedBlob> {
  const entry = context.blobTable.entry(hash)
  const sizeBytes = entry?.sizeBytes ?? 0
  if (entry?.where === 'file') {
    const suspect = await checkFile(context, hash, sizeBytes)
    return suspect === undefined ? { sizeBytes } : { sizeBytes, suspect }
  }
  const what = inlineProblem(context, hash)
  return what === undefined ? { sizeBytes } : { sizeBytes, suspect: { hash, what, stamp: '' } }
}

/** Returns what is wrong with a blob that has no file; a record that cannot be read says nothing of files. */
function inlineProblem({ blobTable, db }: StoreContext, hash: string): string | undefined {
  const entry = blobTable.entry(hash)
  if (entry === undefined) return db.table('blobs-1').has(hashKey(hash)) ? 'its record does not check' : undefined
  if (entry.where === 'file') return undefined
  const digest = { hash, sizeBytes: entry.sizeBytes }
  const blob = blobTable.find(digest)
  return blob.where === 'inline' && isContentOf(blob.bytes, digest) ? undefined : wrongBytes
}

async function checkFile(context: StoreContext, hash: string, sizeBytes: number): Promise<Suspect | undefined> {
  const path = blobPath(context.layout, hash)
  for (let attempt = 1; ; attempt++) {
    const stats = linkStatOf(path)
    const stamp = stats === undefined ? '' : stampText(stats)
    const problem = statProblem(stats, sizeBytes) ?? (await contentProblem(path, hash, stats))
    if (problem === undefined) return undefined
    if (problem !== changedWhileRead || attempt === attemptsMax) return { hash, what: problem, stamp }
  }
}

function statProblem(stats: BigIntStats | undefined, sizeBytes: number): string | undefined {
  if (stats === undefined) return 'its file is missing'
  if (!stats.isFile()) return 'what lies in its place is not a file'
  return stats.size === BigInt(sizeBytes) ? undefined : `its file has ${stats.size} of ${sizeBytes} bytes`
}

async function contentProblem(path: string, hash: string, stats: BigIntStats | undefined): Promise<string | undefined> {
  const hashed = await hashFile(path, stats && stampOf(stats))
  if (!hashed.ok) {
    if (hashed.error === changedWhileRead) return changedWhileRead
    if (damageCodes.includes(hashed.error)) return `it cannot be read (${hashed.error})`
    throw Object.assign(new Error(`${path} cannot be read`), { code: hashed.error })
  }
  return hashed.value.digest.hash === hash ? undefined : wrongBytes
}

/** Returns whether a blob is still as it was when it was found damaged: another process may have mended it. */
export function isStillDamaged(context: StoreContext, { hash, stamp }: Suspect): boolean {
  const entry = context.blobTable.entry(hash)
  if (entry?.where !== 'file') return inlineProblem(context, hash) !== undefined
  const stats = linkStatOf(blobPath(context.layout, hash))
  return (stats === undefined ? '' : stampText(stats)) === stamp
}
