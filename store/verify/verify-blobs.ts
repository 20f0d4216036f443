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
  /** The stat of its file then, so that a new file is told apart; empty without a file. */
  readonly stamp: string
}

/** The result of checking one blob; `sizeBytes` is from its record. */
export interface CheckedBlob {
  readonly sizeBytes: number
  readonly suspect?: Suspect
}

/** Errors that mean damage; others, such as too many open files, do not. */
const damageCodes = ['EIO', 'ENOENT', 'ENODATA', 'EUCLEAN', 'EBADMSG']

/** How often a file is read that is replaced while it is read. */
const attemptsMax = 3

/** Reads a whole blob, and returns what is wrong with it. A blob that was removed meanwhile is right. */
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

/** Returns what is wrong with a blob without a file. */
function inlineProblem({ blobTable, db }: StoreContext, hash: string): string | undefined {
  const entry = blobTable.entry(hash)
  if (entry === undefined) return db.table('blobs-1').has(hashKey(hash)) ? 'its record has a wrong checksum' : undefined
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
  if (!stats.isFile()) return 'its path is not a file'
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

/** Returns whether a blob is still damaged: another process may have put it again. */
export function isStillDamaged(context: StoreContext, { hash, stamp }: Suspect): boolean {
  const entry = context.blobTable.entry(hash)
  if (entry?.where !== 'file') return inlineProblem(context, hash) !== undefined
  const stats = linkStatOf(blobPath(context.layout, hash))
  return (stats === undefined ? '' : stampText(stats)) === stamp
}
