import { quarantineBlob } from '../blobs/quarantine.ts'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { checkActions } from './verify-actions.ts'
import { checkBlob, hashesAfter, isStillDamaged, type Suspect } from './verify-blobs.ts'
import { checkOrphans, checkRecords } from './verify-files.ts'
import { inWriteLock } from './verify-lock.ts'
import { forgetPoint, recallPoint, rememberPoint, startPoint, type VerifyPoint } from './verify-point.ts'
import type { VerifyProgress, VerifyReport } from './verify-report.ts'

export interface VerifyOptions {
  /** Puts damaged blobs into quarantine, forgets the actions that need them, and removes orphans. */
  readonly repair?: boolean
  /** Goes on where an interrupted verification stopped; true by default. */
  readonly resume?: boolean
  readonly onProgress?: (progress: VerifyProgress) => void
  /** Ends the verification early; what was read is not read again by the next one. */
  readonly signal?: AbortSignal
}

/** Blobs between two looks at the signal, and between two notes of how far the reading is. */
const pageSize = 64
/** Files that are read at once. */
const filesAtOnce = 4
/** The point is noted this often: a note costs a sync of the disk. */
const noteEveryMs = 1000

/**
 * Reads everything in a store: hashes each blob, checks each record, and looks whether every action is complete.
 * Other processes may use the store meanwhile. It resolves with a report also when damage was found.
 */
export async function verifyStore(
  store: DirectoryStore,
  options: VerifyOptions = {},
): Promise<Result<VerifyReport, StoreFailure>> {
  const { signal } = options
  const repair = options.repair === true
  if (repair && store.readOnly) return err({ kind: 'store-read-only', dir: store.dir })
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

function asDamage(suspects: readonly Suspect[]): VerifyReport['damage'] {
  return suspects.map(({ hash, what }) => ({ kind: 'blob', hash, what, neededBy: [] }))
}

/** Reads every blob after the point that was reached, and returns the point that is reached now. */
async function checkBlobs(
  store: DirectoryStore,
  start: VerifyPoint,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<VerifyPoint> {
  let point = start
  let notedAtMs = performance.now()
  try {
    for (;;) {
      if (signal?.aborted) return point
      const hashes = hashesAfter(store.context, point.after, pageSize)
      if (hashes.length === 0) return point
      for (let index = 0; index < hashes.length; index += filesAtOnce) {
        if (signal?.aborted) return point
        const few = hashes.slice(index, index + filesAtOnce)
        const checked = await Promise.all(few.map((hash) => checkBlob(store.context, hash)))
        point = {
          after: few.at(-1),
          blobs: point.blobs + few.length,
          bytes: checked.reduce((sum, { sizeBytes }) => sum + sizeBytes, point.bytes),
          suspects: [...point.suspects, ...checked.flatMap(({ suspect }) => (suspect === undefined ? [] : [suspect]))],
        }
        progress.reach(point)
        if (performance.now() - notedAtMs < noteEveryMs) continue
        notedAtMs = performance.now()
        notePoint(store, point)
      }
      await new Promise(setImmediate)
    }
  } finally {
    notePoint(store, point)
  }
}

/** A point that cannot be written is only lost: the next verification begins earlier. */
function notePoint(store: DirectoryStore, point: VerifyPoint): void {
  if (store.readOnly) return
  rememberPoint(store.ledger.memos, point)
  store.flush()
}

/** Returns the suspects that are damaged still, looked at while nobody else can write; a repair takes them out of use. */
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

  /** Totals grow with what other processes add meanwhile. */
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
