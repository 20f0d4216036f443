import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { artifactOfPath } from '../blobs/artifacts.ts'
import { canonicalJson } from '../contract/canonical-json.ts'
import { digestBytes } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { guardedParse } from '../contract/json-guards.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { statOf } from '../disk/file-stamp.ts'
import { isSystemError } from '../disk/io-failure.ts'
import { walkTree } from '../disk/walk-tree.ts'
import { decodeStamped } from '../ledger/stamp-record.ts'
import { textKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'

/** A file larger than this is not read as JSON. */
const jsonBytesMax = 16 * 1024 * 1024

/**
 * Returns the hashes with which a path may have been an input: of a file's bytes, and of its canonical text if it is
 * JSON; of a directory's tree, and of each file in it. The hash of a file that does not exist any more may be
 * remembered.
 */
export async function sourceHashes(
  store: DirectoryStore,
  path: string,
): Promise<Result<readonly string[], StoreFailure>> {
  const absolute = resolve(path)
  const stats = statOf(absolute)
  if (stats === undefined) return rememberedHash(store, absolute)
  if (!stats.isDirectory()) {
    const found = await store.ledger.fileDigests.digest(absolute)
    if (!found.ok) return found
    const json = stats.size <= jsonBytesMax ? jsonHash(absolute) : undefined
    return ok([...new Set([found.value.digest.hash, ...(json === undefined ? [] : [json])])])
  }
  const tree = await artifactOfPath(store, 'tree', absolute)
  if (!tree.ok) return tree
  const walked = walkTree(absolute, { followFileLinks: true })
  if (!walked.ok) return walked
  const hashes = new Set([tree.value.digest.hash])
  const digested = await store.ledger.fileDigests.digests(walked.value.files.map((file) => join(absolute, file.path)))
  for (const found of digested) {
    if (!found.ok) return found
    hashes.add(found.value.digest.hash)
  }
  return ok([...hashes])
}

function rememberedHash({ context }: DirectoryStore, path: string): Result<readonly string[], StoreFailure> {
  const key = textKey(path)
  const record = context.db.table('file-digests-1').get(key)
  const stamped = record === undefined ? undefined : decodeStamped(key, record)?.stamped
  return stamped === undefined ? err({ kind: 'source-unreadable', path, code: 'ENOENT' }) : ok([stamped.digest.hash])
}

function jsonHash(path: string): string | undefined {
  try {
    const value = guardedParse(readFileSync(path, 'utf8'))
    return value === undefined ? undefined : digestBytes(Buffer.from(canonicalJson(value))).hash
  } catch (error) {
    // Text with half a surrogate pair has no canonical form, so that it was never an input.
    if (!isSystemError(error) && !(error instanceof TypeError || error instanceof RangeError)) throw error
    return undefined
  }
}
