import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type ActionRecord,
  actionKey,
  type CacheStore,
  type Digest,
  type DirectoryStore,
  describeStoreFailure,
  type JsonObject,
  type OpenStoreOptions,
  openStore,
  type Result,
  type StoredArtifact,
  type StoreFailure,
} from '../../store/index.ts'
import { noise } from './noise.ts'

export { noise }

/** Runs `cleanup` after the test, the newest first. */
export function afterTest(cleanup: () => Promise<void> | void): void {
  // Of a hook that this module had, only the first file of a process that runs several would know.
  onTestFinished(cleanup)
}

/** Returns a new directory that is removed after the test. */
export function newDirectory(root = tmpdir()): string {
  const dir = mkdtempSync(join(root, 'reprise-store-'))
  afterTest(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Returns the value of a result that must be one. */
export function value<Value>(result: Result<Value, StoreFailure>): Value {
  if (!result.ok) throw new Error(describeStoreFailure(result.error))
  return result.value
}

/** Returns whether a cache has a blob. */
export async function isThere(cache: Pick<CacheStore, 'findMissing'>, digest: Digest): Promise<boolean> {
  return value(await cache.findMissing([digest])).length === 0
}

/** Returns the kind of a failure that must be one. */
export function failureKind(result: Result<unknown, StoreFailure>): StoreFailure['kind'] {
  if (result.ok) throw new Error('a failure was expected')
  return result.error.kind
}

/** Opens a store that is closed after the test. */
export async function open(options: OpenStoreOptions): Promise<DirectoryStore> {
  const store = value(await openStore(options))
  afterTest(() => store.close())
  return store
}

/** Returns the record of an action with those outputs. */
export function recordOf(
  action: JsonObject,
  outputs: Readonly<Record<string, StoredArtifact>>,
  labels: Partial<ActionRecord['labels']> = {},
): ActionRecord {
  return {
    key: actionKey(action),
    action,
    result: { outputs, durationMs: 1000, device: 'cpu', tools: {}, producedAt: '2026-01-01T00:00:00.000Z' },
    labels: { pipeline: 'subtitles', step: 'demux', job: '/jobs/one', files: {}, ...labels },
  }
}

/** The size of a file that two threads copy where both are running. */
export const twoThreadsBytes = 20 * 1024 * 1024 + 3

/** Has both threads of the store run, by giving each a large file to hash. */
export async function startTwoThreads(store: DirectoryStore): Promise<void> {
  const paths = [1, 2].map((seed) => {
    const path = join(newDirectory(), 'large')
    writeFileSync(path, noise(twoThreadsBytes, seed))
    return path
  })
  for (const digest of await store.ledger.fileDigests.digests(paths)) value(digest)
}
