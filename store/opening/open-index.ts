import type { StoreFailure } from '../contract/failure.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { demandRoom, errorCode, isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { namesIn } from '../disk/names-in.ts'
import type { ProcessIdentity } from '../disk/process-identity.ts'
import { makeLockFile } from '../lmdb/defects/lock-file.ts'
import { type IndexDb, openIndexDb } from '../lmdb/index-db.ts'
import { whyNotOpenable } from './check-openable.ts'
import { beginIndexUse, indexStateOf } from './index-use.ts'
import { lookAtIndex, rebuildInChild } from './look-at-index.ts'
import { finishRebuild, hasUnplaced } from './place-index.ts'
import { type PresentProcess, presenceOf, removePresence } from './presence.ts'
import { noRebuild, whileRebuilding } from './rebuild-lock.ts'
import { createStoreDir } from './store-format.ts'

/** An index that is open, and what had to be done to it before. */
export interface OpenedIndex {
  readonly db: IndexDb
  readonly repaired?: IndexRepair
  /** Whether all of it was looked at before it was opened. */
  readonly wasLookedAt: boolean
}

export interface OpenIndexOptions {
  readonly exists: boolean
  readonly readOnly: boolean
  /** Looks at the index even where it is known to be sound. */
  readonly looks: boolean
  /** Called when something takes longer than a second, with what it is. */
  readonly onWait: (what: string) => void
}

/** Errors of a store that is there and may only be read. */
const unwritable = ['EACCES', 'EROFS', 'EPERM', '13', '30', '1']

/** After that long a look is ended where LMDB's own design says that the index is sound: after a kill. */
const lookBudgetMs = 20_000

const slowMs = 1000

/**
 * Opens the index of the store, or makes one. One that is not known to be sound is first looked at in a child process; a
 * damaged one is rebuilt. One that cannot be written is opened for reading.
 */
export async function openIndex(layout: Layout, options: OpenIndexOptions): Promise<Result<OpenedIndex, StoreFailure>> {
  const { exists, readOnly } = options
  try {
    if (!exists) createStoreDir(layout)
    const reason = whyNotOpenable(layout, readOnly)
    if (reason !== undefined) return err({ kind: 'store-refused', dir: layout.dir, reason })
    return await openKnown(layout, options)
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (exists && !readOnly && unwritable.includes(errorCode(error))) {
      return openIndex(layout, { ...options, readOnly: true })
    }
    return err(storeIoFailure(layout.dir, 'open', error))
  }
}

async function openKnown(layout: Layout, options: OpenIndexOptions): Promise<Result<OpenedIndex, StoreFailure>> {
  const { readOnly, onWait } = options
  const isBeingRebuilt = presenceOf(layout, 'rebuild').living.length > 0
  if (isBeingRebuilt && readOnly) await noRebuild(layout, onRebuild(layout, onWait))
  if (readOnly || (!isBeingRebuilt && !hasUnplaced(layout))) {
    const look = await lookWhereUnknown(layout, options)
    if (look.kind === 'sound') return openNow(layout, readOnly, look)
    if (readOnly) {
      const reason = "its index is damaged; any command that may write, such as 'reprise cache verify', rebuilds it"
      return err({ kind: 'store-refused', dir: layout.dir, reason })
    }
  }
  return whileRebuilding(layout, onRebuild(layout, onWait), () => openRebuilt(layout, options))
}

/** Opens the index for whoever holds the lock, after rebuilding it where that is still to be done. */
async function openRebuilt(layout: Layout, options: OpenIndexOptions): Promise<Result<OpenedIndex, StoreFailure>> {
  finishRebuild(layout)
  const look = await lookWhereUnknown(layout, options)
  if (look.kind === 'sound') return openNow(layout, false, look)
  const message = `rebuilding the index of the store ${layout.dir}, which is damaged (${look.problems[0] ?? ''})`
  try {
    const repaired = await tellWhenSlow(options.onWait, message, () =>
      rebuildInChild(layout, look.problems, look.isGone),
    )
    return openNow(layout, false, { ...look, repaired })
  } catch (error) {
    if (errorCode(error) !== 'EBUSY') throw error
    return openRebuilt(layout, options)
  }
}

/** What a look at the index came to, or what made it unnecessary. */
type Look = Known &
  (
    | { readonly kind: 'sound'; readonly isNew: boolean }
    | { readonly kind: 'damaged'; readonly problems: readonly string[]; readonly isGone: boolean }
  )

async function lookWhereUnknown(layout: Layout, options: OpenIndexOptions): Promise<Look> {
  const { exists, readOnly, looks, onWait } = options
  const state = indexStateOf(layout)
  const dead = state.kind === 'unknown' ? state.dead : []
  if (state.kind === 'absent') {
    if (!exists || namesIn(layout.blobs).length === 0) return { kind: 'sound', dead, wasLookedAt: true, isNew: true }
    return { kind: 'damaged', dead, wasLookedAt: true, problems: ['it was missing'], isGone: true }
  }
  if (state.kind === 'known' && !looks) return { kind: 'sound', dead, wasLookedAt: false, isNew: false }
  const why = state.kind === 'known' ? '' : ', which was not closed properly'
  const message = `looking through the index of the store ${layout.dir}${why}`
  const budgetMs = looks ? undefined : lookBudgetMs
  const { problems, whole } = await tellWhenSlow(onWait, message, () => lookAtIndex(layout, readOnly, budgetMs))
  if (problems.length > 0) return { kind: 'damaged', dead, wasLookedAt: true, problems, isGone: false }
  return { kind: 'sound', dead, wasLookedAt: whole, isNew: false }
}

/** What is known of the index when it is opened: what the dead left has been looked at. */
interface Known {
  readonly dead: readonly PresentProcess[]
  readonly wasLookedAt: boolean
  readonly isNew?: boolean
  readonly repaired?: IndexRepair
}

function openNow(layout: Layout, readOnly: boolean, known: Known): Result<OpenedIndex, StoreFailure> {
  const { dead, wasLookedAt, isNew = false, repaired } = known
  const done = { wasLookedAt, ...(repaired === undefined ? {} : { repaired }) }
  if (readOnly) {
    if (isNew) return err({ kind: 'store-absent', dir: layout.dir })
    return ok({ db: openIndexDb(layout.index, { readOnly }), ...done })
  }
  if (isNew) {
    demandRoom(layout.dir)
    makeDirectory(layout.index, 0o700)
  }
  const use = beginIndexUse(layout)
  try {
    makeLockFile(layout)
    const db = openIndexDb(layout.index, { readOnly, onFailure: () => use.suspect() })
    removePresence(dead)
    const close = async () => {
      await db.close()
      use.end()
    }
    return ok({ db: { ...db, close }, ...done })
  } catch (error) {
    use.suspect()
    throw error
  }
}

function onRebuild({ dir }: Layout, onWait: (what: string) => void): (holder: ProcessIdentity) => void {
  const startMs = performance.now()
  let isTold = false
  return ({ pid }) => {
    if (isTold || performance.now() - startMs < slowMs) return
    isTold = true
    onWait(`waiting for process ${pid}, which rebuilds the index of the store ${dir}`)
  }
}

async function tellWhenSlow<T>(onWait: (what: string) => void, what: string, body: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => onWait(what), slowMs)
  try {
    return await body()
  } finally {
    clearTimeout(timer)
  }
}
