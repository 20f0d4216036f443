import { quarantineBlob } from '../blobs/quarantine.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { lookAtIndex } from '../opening/look-at-index.ts'
import { keyPages } from './key-pages.ts'
import { checkActions } from './verify-actions.ts'
import { checkBlob, isStillDamaged, type Suspect } from './verify-blobs.ts'
import { checkOrphans, checkRecords } from './verify-files.ts'
import { inWriteLock } from './verify-lock.ts'
import { forgetPoint, recallPoint, rememberPoint, startPoint, type VerifyPoint } from './verify-point.ts'
import type { VerifyProgress, VerifyReport } from './verify-report.ts'

export interface VerifyOptions {
  /** Puts damaged blobs into quarantine, removes the actions that need them, and removes orphans. */
  readonly repair?: boolean
  /** Resumes an interrupted verification; true by default. */
  readonly resume?: boolean
  readonly onProgress?: (progress: VerifyProgress) => void
  /** Ends the verification early; the next one resumes there. */
  readonly signal?: AbortSignal
}

const keysMax = 64
const filesAtOnce = 4
/** How often the point is noted; each note is a sync of the disk. */
const noteEveryMs = 1000

/**
 * Looks through the index in a child process, hashes each blob, checks each record, and checks that every action is
 * complete. Other processes may use the store meanwhile. Damage is part of the report, not a failure, except in the
 * index itself: such a store is refused, and the next opening rebuilds it.
 */
export async function verifyStore(
  store: DirectoryStore,
  options: VerifyOptions = {},
): Promise<Result<VerifyReport, StoreFailure>> {
  const { signal } = options
  const repair = options.repair === true
  if (repair && store.readOnly) return err({ kind: 'store-read-only', dir: store.dir })
  const index = await checkIndex(store)
  if (!index.ok) return index
  const start = options.resume === false ? startPoint : recallPoint(store.ledger.memos)
  const progress = new Progress(store, start, options.onProgress)
  const report = {
    resumed: { blobs: start.blobs, bytes: start.bytes },
    actions: 0,
    orphans: { files: 0, bytes: 0 },
    repaired: repair,
  }
  try {
    const point = await checkBlobs(store, start, progress, signal)
    const found = { ...report, blobs: point.blobs, bytes: point.bytes }
    if (signal?.aborted === true) return ok({ ...found, complete: false, damage: asDamage(point.suspects) })
    const suspects = settle(store, point.suspects, repair)
    progress.enter('actions')
    const { actions, damage } = await checkActions(store, { repair, suspects, signal })
    progress.enter('records')
    const records = await checkRecords(store.context, { repair, signal })
    progress.enter('files')
    const orphans = await checkOrphans(store.context, { repair, signal })
    forgetPoint(store.ledger.memos)
    const flushed = store.flush()
    if (!flushed.ok) return flushed
    return ok({ ...found, complete: true, actions, orphans, damage: [...damage, ...records] })
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) {
      const point = recallPoint(store.ledger.memos)
      const { blobs, bytes, suspects } = point
      return ok({ ...report, blobs, bytes, complete: false, damage: asDamage(suspects) })
    }
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(store.dir, 'verify', error))
  }
}

/** Looks through the index before anything of it is read; where that was done before it was opened, not again. */
async function checkIndex({ context, dir }: DirectoryStore): Promise<Result<void, StoreFailure>> {
  const { layout, db, indexWasLookedAt } = context
  if (indexWasLookedAt) return ok(undefined)
  try {
    const [problem] = await lookAtIndex(layout, [])
    if (problem === undefined) return ok(undefined)
    db.giveUp()
    return err({
      kind: 'store-refused',
      dir,
      reason: `its index is damaged (${problem}); the next command rebuilds it`,
    })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(dir, 'verify', error))
  }
}

function asDamage(suspects: readonly Suspect[]): VerifyReport['damage'] {
  return suspects.map(({ hash, what }) => ({ kind: 'blob', hash, what, neededBy: [] }))
}

/** Checks every blob behind a point, and returns the point that it reached. */
async function checkBlobs(
  store: DirectoryStore,
  start: VerifyPoint,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<VerifyPoint> {
  let point = start
  let notedAtMs = performance.now()
  const after = start.after === undefined ? undefined : hashKey(start.after)
  try {
    for await (const keys of keyPages(store.context, 'blobs-1', { keysMax, after })) {
      for (let index = 0; index < keys.length; index += filesAtOnce) {
        if (signal?.aborted) return point
        const hashes = keys.slice(index, index + filesAtOnce).map((key) => Buffer.from(key).toString('hex'))
        const checked = await Promise.all(hashes.map((hash) => checkBlob(store.context, hash)))
        point = {
          after: hashes.at(-1),
          blobs: point.blobs + hashes.length,
          bytes: checked.reduce((sum, { sizeBytes }) => sum + sizeBytes, point.bytes),
          suspects: [...point.suspects, ...checked.flatMap(({ suspect }) => suspect ?? [])],
        }
        progress.reach(point)
        if (performance.now() - notedAtMs < noteEveryMs) continue
        notedAtMs = performance.now()
        notePoint(store, point)
      }
    }
    return point
  } finally {
    notePoint(store, point)
  }
}

/** If this fails, the next verification begins earlier. */
function notePoint(store: DirectoryStore, point: VerifyPoint): void {
  if (store.readOnly) return
  rememberPoint(store.ledger.memos, point)
  store.flush()
}

/** Returns the suspects that are still damaged, checked under the lock; a repair quarantines them. */
function settle(store: DirectoryStore, suspects: readonly Suspect[], repair: boolean): readonly Suspect[] {
  const { context } = store
  return suspects.filter((suspect) =>
    inWriteLock(context, () => {
      const damaged = isStillDamaged(context, suspect)
      if (damaged && repair) quarantineBlob(context, suspect.hash, suspect.what)
      return damaged
    }),
  )
}

class Progress {
  readonly #onProgress: ((progress: VerifyProgress) => void) | undefined
  #now: VerifyProgress

  constructor(
    { context }: DirectoryStore,
    start: VerifyPoint,
    onProgress: ((progress: VerifyProgress) => void) | undefined,
  ) {
    this.#onProgress = onProgress
    let bytesTotal = 0
    let blobsTotal = 0
    if (onProgress !== undefined) {
      for (const { sizeBytes } of context.blobTable.entries()) {
        bytesTotal += sizeBytes
        blobsTotal++
      }
    }
    const { bytes: bytesDone, blobs: blobsDone } = start
    this.#now = { phase: 'blobs', bytesDone, bytesTotal, blobsDone, blobsTotal, bytesResumed: bytesDone }
    onProgress?.(this.#now)
  }

  /** Other processes may add blobs meanwhile, so the totals may grow. */
  reach({ bytes, blobs }: VerifyPoint): void {
    const bytesTotal = Math.max(bytes, this.#now.bytesTotal)
    const blobsTotal = Math.max(blobs, this.#now.blobsTotal)
    this.#now = { ...this.#now, bytesDone: bytes, blobsDone: blobs, bytesTotal, blobsTotal }
    this.#onProgress?.(this.#now)
  }

  enter(phase: VerifyProgress['phase']): void {
    this.#now = { ...this.#now, phase }
    this.#onProgress?.(this.#now)
  }
}
