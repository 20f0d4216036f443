import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createTransfers } from '../actions/transfers.ts'
import { wrongBytes } from '../blobs/quarantine.ts'
import type { ActionCache, ActionKey, ActionRecord, Lookup } from '../contract/action-cache.ts'
import { actionRecordJson, parseActionRecord } from '../contract/action-record.ts'
import { type StoredArtifact, usualMode } from '../contract/artifact.ts'
import type { BlobStore, MaterializeMethod, MaterializeOptions, StagedBlob } from '../contract/blob-store.ts'
import { canonicalJson } from '../contract/canonical-json.ts'
import { type Digest, digestBytes, distinct } from '../contract/digest.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse } from '../contract/json-guards.ts'
import type { FileDigests } from '../contract/local/file-digests.ts'
import type { DoneStep, DoneSteps } from '../contract/local/ledger.ts'
import type { LocalStore } from '../contract/local/local-store.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { parseTreeListing } from '../contract/tree.ts'
import { linkStatOf } from '../disk/file-stamp.ts'
import { attemptAt, errorCode, isSystemError } from '../disk/io-failure.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { tmpBeside } from '../disk/temporary-path.ts'
import type { DailyStats } from '../ledger/day-stats.ts'
import { kindOf } from '../ledger/file-digests.ts'
import { isContentOf } from '../tables/blob-table.ts'
import type { Tombstone } from '../tables/tombstones.ts'
import { createMemoryFileDigests } from './memory-file-digests.ts'
import { createMemoryLeases } from './memory-leases.ts'
import { createMemoryDays, createMemoryDurations, createMemoryJobs, createMemoryMemos } from './memory-ledger.ts'

/** What a memory store keeps. Records are kept as the text that a disk would hold, so that nobody shares an object. */
interface Memory {
  readonly blobs: Map<string, Uint8Array>
  readonly actions: Map<ActionKey, string>
  readonly tombstones: Map<string, Tombstone>
  readonly done: Map<string, ReadonlyMap<string, DoneStep | undefined>>
  /** How often something was removed. */
  removals: number
  readonly now: () => number
}

/** What a store in memory starts with. */
export interface MemoryStoreOptions {
  readonly now?: () => number
  /** Where the bytes of blobs are kept, by hash. */
  readonly blobs?: Map<string, Uint8Array>
}

/** Returns a store that keeps everything in memory: for tests, and as the model that the local one is compared with. */
export function createMemoryStore({ now = Date.now, blobs: kept = new Map() }: MemoryStoreOptions = {}): LocalStore {
  const memory: Memory = {
    blobs: kept,
    actions: new Map(),
    tombstones: new Map(),
    done: new Map(),
    removals: 0,
    now,
  }
  const fileDigests = createMemoryFileDigests(now)
  const days = createMemoryDays(now)
  const blobs = memoryBlobs(memory, fileDigests)
  const actions = memoryActions(memory, days)
  const read: LocalStore['read'] = async (digest, { signal } = {}) => {
    signal?.throwIfAborted()
    return readMemory(memory, digest)
  }
  const findMissing: LocalStore['findMissing'] = async (digests, { signal } = {}) => {
    signal?.throwIfAborted()
    return ok(distinct(digests).filter((digest) => !isPresent(memory, digest)))
  }
  return {
    name: ':memory:',
    dir: ':memory:',
    readOnly: false,
    findMissing,
    read,
    async lookup(key, { signal } = {}) {
      signal?.throwIfAborted()
      const found = lookUp(memory, key)
      days.count(key, found.kind === 'hit' ? found.record.result.durationMs : undefined)
      return found
    },
    ...createTransfers({ blobs, actions, findMissing, read }),
    blobs,
    actions,
    ledger: {
      fileDigests,
      jobs: createMemoryJobs(),
      done: memoryDone(memory),
      durations: createMemoryDurations(),
      memos: createMemoryMemos(),
      days,
    },
    leases: createMemoryLeases(),
    keepWithin: () => Promise.resolve(ok(undefined)),
    flush: () => ok(undefined),
    close: () => Promise.resolve(),
  }
}

function memoryBlobs(memory: Memory, fileDigests: FileDigests): BlobStore {
  const stageBytes = (bytes: Uint8Array): StagedBlob => {
    const digest = digestBytes(bytes)
    const present = memory.blobs.has(digest.hash)
    return present ? { where: 'present', digest } : { where: 'memory', digest, bytes: bytes.slice() }
  }
  return {
    stageBytes,
    async stageFile(path) {
      const stats = linkStatOf(path)
      if (stats === undefined) return err({ kind: 'source-unreadable', path, code: 'ENOENT' })
      if (!stats.isFile()) return err({ kind: 'source-unsupported', path, what: kindOf(stats) })
      try {
        return ok(stageBytes(readFileSync(path)))
      } catch (error) {
        if (!isSystemError(error)) throw error
        return err({ kind: 'source-unreadable', path, code: errorCode(error) })
      }
    },
    put: async (staged) => place(memory, staged),
    discard: () => Promise.resolve(),
    async materialize(digest, path, options = {}) {
      const read = readMemory(memory, digest)
      if (!read.ok) return read
      const written = writeTarget(resolve(path), read.value, options)
      if (written.ok && options.inPrivate !== true) fileDigests.remember(path, digest)
      return written
    },
  }
}

function isPresent({ blobs }: Memory, { hash, sizeBytes }: Digest): boolean {
  return blobs.get(hash)?.byteLength === sizeBytes
}

function readMemory({ blobs }: Memory, digest: Digest): Result<Uint8Array, StoreFailure> {
  const { hash } = digest
  const bytes = blobs.get(hash)
  if (bytes?.byteLength !== digest.sizeBytes) return err({ kind: 'blob-missing', hash })
  if (isContentOf(bytes, digest)) return ok(bytes.slice())
  blobs.delete(hash)
  return err({ kind: 'blob-corrupt', hash, what: wrongBytes })
}

function place(memory: Memory, staged: readonly StagedBlob[]): Result<void, StoreFailure> {
  const gone = staged.find(({ where, digest }) => where === 'present' && !isPresent(memory, digest))
  if (gone !== undefined) return err({ kind: 'blob-missing', hash: gone.digest.hash })
  for (const blob of staged) if (blob.where === 'memory') memory.blobs.set(blob.digest.hash, blob.bytes)
  return ok(undefined)
}

function writeTarget(
  path: string,
  bytes: Uint8Array,
  { executable = false, mode = usualMode(executable), inPrivate = false }: MaterializeOptions,
): Result<MaterializeMethod, StoreFailure> {
  return attemptAt(path, () => {
    makeDirectory(dirname(path))
    const tmp = inPrivate ? path : tmpBeside(path)
    writeFileSync(tmp, bytes, { flag: 'wx', mode })
    chmodSync(tmp, mode)
    if (tmp !== path) renameSync(tmp, path)
    return 'inline'
  })
}

function memoryActions(memory: Memory, days: DailyStats): ActionCache {
  return {
    async commit(record, staged) {
      const arriving = new Set(staged.map(({ digest }) => digest.hash))
      const gone = Object.values(record.result.outputs).find(
        ({ digest }) => !arriving.has(digest.hash) && !isPresent(memory, digest),
      )
      if (gone !== undefined) return err({ kind: 'blob-missing', hash: gone.digest.hash })
      const placed = place(memory, staged)
      if (!placed.ok) return placed
      memory.actions.set(record.key, canonicalJson(actionRecordJson(record)))
      memory.tombstones.delete(record.key)
      return placed
    },
    async remove(keys, by) {
      for (const key of keys) {
        if (!memory.actions.delete(key)) continue
        memory.removals += 1
        memory.tombstones.set(key, { kind: 'evicted', at: new Date(memory.now()).toISOString(), by })
      }
      return ok(undefined)
    },
    countHit: days.count,
  }
}

function memoryDone(memory: Memory): DoneSteps {
  const mark = () => String(memory.removals)
  return {
    mark,
    of: (job) => ({
      get: (step) => memory.done.get(job)?.get(step),
      has: (step) => memory.done.get(job)?.get(step) !== undefined,
    }),
    hasResult: (step) => step.result !== undefined && step.mark === mark(),
    remember(job, steps) {
      memory.done.set(job, new Map([...(memory.done.get(job) ?? []), ...steps]))
    },
  }
}

function lookUp(memory: Memory, key: ActionKey): Lookup {
  const text = memory.actions.get(key)
  if (text === undefined) {
    const tombstone = memory.tombstones.get(key)
    if (tombstone?.kind !== 'evicted') return { kind: 'absent' }
    return { kind: 'evicted', evictedAt: tombstone.at, by: tombstone.by }
  }
  const record = parseRecord(guardedParse(text))
  const missing = Object.entries(record.result.outputs)
    .filter(([, artifact]) => !isWhole(memory, artifact))
    .map(([name]) => name)
  return missing.length === 0 ? { kind: 'hit', record } : { kind: 'incomplete', missing }
}

function parseRecord(value: JsonValue | undefined): ActionRecord {
  const record = parseActionRecord(value)
  if (record === undefined) throw new Error('a record was committed that cannot be read again')
  return record
}

function isWhole(memory: Memory, { kind, digest }: StoredArtifact): boolean {
  if (!isPresent(memory, digest)) return false
  if (kind !== 'tree') return true
  const listing = readMemory(memory, digest)
  const entries = listing.ok ? parseTreeListing(Buffer.from(listing.value).toString('utf8')) : undefined
  return entries?.every((entry) => isPresent(memory, entry.digest)) ?? false
}
