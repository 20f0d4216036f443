import { constants, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { copyFile, type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { actionRecordJson, parseActionRecord } from '../../store/contract/action-record.ts'
import { guardedParse } from '../../store/contract/json-guards.ts'
import { neededBlobs } from '../../store/contract/needed-blobs.ts'
import { parseTreeListing, type TreeEntry } from '../../store/contract/tree.ts'
import { hashFile } from '../../store/hashing/hash-file.ts'
import {
  type ActionRecord,
  actionKey,
  type CacheStore,
  canonicalJson,
  type Digest,
  digestBytes,
  err,
  isHash,
  type Lookup,
  type OutgoingBlob,
  ok,
  type Result,
  type StoreFailure,
  sameDigest,
} from '../../store/index.ts'
import type { Wire } from '../conformance/tried-cache.ts'

const blockBytes = 32 * 1024
const wrongBytes = 'its bytes are not those that its digest names'

interface Options {
  readonly readOnly?: boolean
  readonly wire?: Wire
}

/**
 * Returns a cache over a plain directory, as a shared folder or a bucket would be: `blobs/HASH` and `actions/KEY.json`.
 * It imports what a remote cache may import, and so proves that the contract asks for nothing that only LMDB can do.
 */
export function createFileCache(dir: string, { readOnly = false, wire }: Options = {}): CacheStore {
  for (const part of ['blobs', 'actions', 'tmp']) mkdirSync(join(dir, part), { recursive: true })
  const blobPath = ({ hash }: Digest) => join(dir, 'blobs', hash)
  const actionPath = (key: string) => join(dir, 'actions', `${key}.json`)
  const isPresent = (digest: Digest) => statSync(blobPath(digest), { throwIfNoEntry: false })?.size === digest.sizeBytes
  let names = 0
  const newTmp = () =>
    join(dir, 'tmp', `${process.pid}-${digestBytes(Buffer.from(dir)).hash.slice(0, 8)}-${names++}-${Math.random()}`)

  function corrupt({ hash }: Digest): Result<never, StoreFailure> {
    return err({ kind: 'blob-corrupt', hash, what: wrongBytes })
  }

  /** Takes a damaged blob away, so that it can be sent again. */
  async function dropIfWrong(digest: Digest): Promise<void> {
    const hashed = await hashFile(blobPath(digest))
    if (hashed.ok && !sameDigest(hashed.value.digest, digest)) rmSync(blobPath(digest), { force: true })
  }

  async function read(digest: Digest): Promise<Result<Uint8Array, StoreFailure>> {
    if (!isPresent(digest)) return err({ kind: 'blob-missing', hash: digest.hash })
    const bytes = readFileSync(blobPath(digest))
    if (sameDigest(digestBytes(bytes), digest)) return ok(bytes)
    await dropIfWrong(digest)
    return corrupt(digest)
  }

  /** Carries the blob from `at` on, and returns up to where. */
  async function carry(
    from: FileHandle,
    to: FileHandle,
    start: number,
    moved: (bytes: number) => void,
  ): Promise<number> {
    const block = Buffer.allocUnsafe(blockBytes)
    for (let at = start; ; ) {
      if (wire !== undefined && wire.breaksAfterBytes <= 0) {
        wire.breaksAfterBytes = Number.POSITIVE_INFINITY
        return at
      }
      const { bytesRead } = await from.read(block, 0, blockBytes, at)
      if (bytesRead === 0) return at
      await to.write(block, 0, bytesRead, at)
      at += bytesRead
      if (wire !== undefined) {
        wire.movedBytes += bytesRead
        wire.breaksAfterBytes -= bytesRead
      }
      moved(at - start)
    }
  }

  async function sendOne(blob: OutgoingBlob): Promise<Result<void, StoreFailure>> {
    const { digest } = blob
    if (isPresent(digest)) return ok(undefined)
    const tmp = newTmp()
    if ('bytes' in blob) await writeFile(tmp, blob.bytes)
    else {
      const { path } = blob
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return err({ kind: 'source-unreadable', path, code: 'ENOENT' })
      if (!stats.isFile()) return err({ kind: 'source-unsupported', path, what: 'not a regular file' })
      await copyFile(path, tmp, constants.COPYFILE_EXCL)
    }
    const handle = await open(tmp, 'r+')
    await handle.datasync()
    await handle.close()
    const hashed = await hashFile(tmp)
    if (!hashed.ok || !sameDigest(hashed.value.digest, digest)) {
      rmSync(tmp, { force: true })
      return err({ kind: 'blob-rejected', hash: digest.hash, what: 'they have another hash' })
    }
    renameSync(tmp, blobPath(digest))
    return ok(undefined)
  }

  function parseRecord(key: string): ActionRecord | 'damaged' | undefined {
    const path = actionPath(key)
    if (!isHash(key) || statSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    const record = parseActionRecord(guardedParse(readFileSync(path, 'utf8')))
    return record?.key === key && actionKey(record.action) === key ? record : 'damaged'
  }

  /** Returns the digests that a result needs, by the output that needs them; undefined for a tree that cannot be listed. */
  async function blobsOf(record: ActionRecord): Promise<readonly { output: string; digest: Digest }[]> {
    const listings = new Map<string, readonly TreeEntry[]>()
    for (const { kind, digest } of Object.values(record.result.outputs)) {
      const listing = kind === 'tree' ? await read(digest) : undefined
      const entries = listing?.ok === true ? parseTreeListing(Buffer.from(listing.value).toString('utf8')) : undefined
      if (entries !== undefined) listings.set(digest.hash, entries)
    }
    return neededBlobs(record, ({ hash }) => listings.get(hash)).blobs
  }

  async function lookUp(key: string): Promise<Lookup> {
    const record = parseRecord(key)
    if (record === undefined) return { kind: 'absent' }
    if (record === 'damaged') return { kind: 'corrupt', what: 'the record is not one of this action' }
    const lost = (await blobsOf(record)).filter(({ digest }) => !isPresent(digest)).map(({ output }) => output)
    return lost.length === 0 ? { kind: 'hit', record } : { kind: 'incomplete', missing: [...new Set(lost)] }
  }

  return {
    name: dir,
    readOnly,
    async findMissing(digests, { signal } = {}) {
      signal?.throwIfAborted()
      const missing = digests.filter((digest) => !isPresent(digest))
      return ok([...new Map(missing.map((digest) => [digest.hash, digest])).values()])
    },
    async read(digest, { signal } = {}) {
      signal?.throwIfAborted()
      return read(digest)
    },
    async fetch(digest, path, { fromBytes = 0, signal, onProgress } = {}) {
      signal?.throwIfAborted()
      const { hash, sizeBytes } = digest
      if (!isPresent(digest)) return err({ kind: 'blob-missing', hash })
      const to = await open(path, constants.O_RDWR | constants.O_CREAT).catch(() => undefined)
      if (to === undefined) return err({ kind: 'target-unwritable', path, code: 'EACCES' })
      const from = await open(blobPath(digest))
      let arrivedBytes = 0
      try {
        const { size } = await to.stat()
        arrivedBytes = await carry(from, to, Math.min(fromBytes, size, sizeBytes), (bytes) => {
          onProgress?.(bytes)
          signal?.throwIfAborted()
        })
        await to.truncate(arrivedBytes)
      } finally {
        await Promise.all([from.close(), to.close()])
      }
      if (arrivedBytes < sizeBytes) return err({ kind: 'transfer-broken', hash, arrivedBytes, reason: 'ECONNRESET' })
      const hashed = await hashFile(path)
      if (hashed.ok && sameDigest(hashed.value.digest, digest)) return ok(undefined)
      rmSync(path, { force: true })
      await dropIfWrong(digest)
      return corrupt(digest)
    },
    async send(blobs, { signal, onProgress } = {}) {
      signal?.throwIfAborted()
      if (readOnly) return err({ kind: 'store-read-only', dir })
      let movedBytes = 0
      for (const blob of blobs) {
        signal?.throwIfAborted()
        const done = await sendOne(blob)
        if (!done.ok) return done
        movedBytes += blob.digest.sizeBytes
        onProgress?.(movedBytes)
      }
      return ok(undefined)
    },
    async lookup(key, { signal } = {}) {
      signal?.throwIfAborted()
      return lookUp(key)
    },
    async record(record, { signal } = {}) {
      signal?.throwIfAborted()
      if (readOnly) return err({ kind: 'store-read-only', dir })
      if (actionKey(record.action) !== record.key) throw new TypeError(`${record.key} is not the key of its action`)
      const lost = (await blobsOf(record)).find(({ digest }) => !isPresent(digest))
      if (lost !== undefined) return err({ kind: 'blob-missing', hash: lost.digest.hash })
      const tmp = newTmp()
      await writeFile(tmp, canonicalJson(actionRecordJson(record)))
      if ((await lookUp(record.key)).kind === 'hit') {
        rmSync(tmp)
        return ok('was-there')
      }
      renameSync(tmp, actionPath(record.key))
      return ok('recorded')
    },
  }
}
