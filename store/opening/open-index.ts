import type { StoreFailure } from '../contract/failure.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { demandRoom, errorCode, isSystemError, storeIoFailure, ThrownFailure } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { listNames } from '../disk/names-in.ts'
import type { ProcessIdentity } from '../disk/process-identity.ts'
import { makeLockFile } from '../lmdb/defects/lock-file.ts'
import { type IndexDb, openIndexDb } from '../lmdb/index-db.ts'
import { whyNotOpenable } from './check-openable.ts'
import { indexStateOf, indexUse } from './index-use.ts'
import { lookAtIndex, makeInChild, renewInChild } from './look-at-index.ts'
import { holdNamespace, type NamespaceHold } from './pid-namespace.ts'
import { finishRebuild } from './place-index.ts'
import { presenceOf, removePresence } from './presence.ts'
import { noRebuild, whileRebuilding } from './rebuild-lock.ts'
import { createStoreDir } from './store-format.ts'

/** An index that is open, and what had to be done to it before. */
export interface OpenedIndex {
  readonly db: IndexDb
  readonly repaired?: IndexRepair
  /** Whether all of it was looked at before it was opened. */
  readonly wasLookedAt: boolean
  /** Makes it anew of its records, in a child process, while others use it. Throws system errors. */
  readonly renew: () => Promise<IndexRepair>
}

type Opened = Omit<OpenedIndex, 'renew'>

export interface OpenIndexOptions {
  readonly exists: boolean
  readonly readOnly: boolean
  /** Looks at the index even where it is known to be sound. */
  readonly looks: boolean
  /** Lets a child process make the index of a new store: where LMDB cannot have its files, it ends the process. */
  readonly triesFirst: boolean
  /** Called when something takes longer than a second, with what it is. Without it, nobody is waited for. */
  readonly onWait: ((what: string) => void) | undefined
}

/** Errors of a store that is there and may only be read. */
const unwritable = ['EACCES', 'EROFS', 'EPERM', '13', '30', '1']

const slowMs = 1000

/**
 * Opens the index of the store, or makes one. One that is not known to be sound is first made anew of its records in a
 * child process. One that cannot be written is opened for reading.
 */
export async function openIndex(layout: Layout, options: OpenIndexOptions): Promise<Result<OpenedIndex, StoreFailure>> {
  const { exists, readOnly } = options
  const tell = options.onWait && tellOnce(options.onWait)
  let hold: NamespaceHold | undefined
  let opened: Result<Opened, StoreFailure> | undefined
  try {
    if (!exists) createStoreDir(layout)
    hold = await holdNamespace(layout, {
      readOnly,
      onWait:
        tell && (() => tell(`waiting for a process in another container, which has the store ${layout.dir} open`)),
    })
    if (hold === undefined) return err({ kind: 'store-elsewhere', dir: layout.dir })
    const reason = whyNotOpenable(layout, readOnly)
    if (reason !== undefined) return refused(layout, reason)
    const { descriptors } = hold
    opened = await (readOnly ? openToRead : openToWrite)(layout, hold, options)
    return opened.ok ? ok({ ...opened.value, renew: () => renew(layout, descriptors, options) }) : opened
  } catch (error) {
    if (error instanceof ThrownFailure) return err(error.failure)
    if (!isSystemError(error)) throw error
    if (exists && !readOnly && unwritable.includes(errorCode(error))) {
      return openIndex(layout, { ...options, readOnly: true })
    }
    return err(storeIoFailure(layout.dir, 'open', error))
  } finally {
    if (opened?.ok !== true) hold?.release()
  }
}

async function openToRead(
  layout: Layout,
  hold: NamespaceHold,
  { looks, onWait = () => {} }: OpenIndexOptions,
): Promise<Result<Opened, StoreFailure>> {
  await noRebuild(layout, onRebuild(layout, onWait))
  const { kind } = indexStateOf(layout)
  if (kind === 'absent') return err({ kind: 'store-absent', dir: layout.dir })
  const wasLookedAt = looks || kind === 'unknown'
  if (wasLookedAt) {
    const [problem] = await tellWhenSlow(onWait, `reading the index of the store ${layout.dir}`, () =>
      lookAtIndex(layout, hold.descriptors),
    )
    const rebuilds = "any command that may write, such as 'reprise cache verify', rebuilds it"
    if (problem !== undefined) return refused(layout, `its index is damaged (${problem}); ${rebuilds}`)
  }
  return ok({ db: openIndexDb(layout.index, { readOnly: true, onClosed: hold.release }), wasLookedAt })
}

async function openToWrite(
  layout: Layout,
  hold: NamespaceHold,
  { exists, looks, triesFirst, onWait = () => {} }: OpenIndexOptions,
): Promise<Result<Opened, StoreFailure>> {
  const rebuilding = presenceOf(layout, 'rebuild')
  const isUndone = rebuilding.living.length + rebuilding.dead.length > 0
  if (!looks && !isUndone && indexStateOf(layout).kind === 'known') {
    return ok({ db: openNow(layout, hold, false), wasLookedAt: false })
  }
  return whileRebuilding(layout, onRebuild(layout, onWait), async () => {
    for (;;) {
      finishRebuild(layout)
      const state = indexStateOf(layout)
      const isGone = state.kind === 'absent'
      if (isGone && (!exists || listNames(layout.blobs).length === 0)) {
        demandRoom(layout.dir)
        makeDirectory(layout.index, 0o700)
        if (triesFirst) await makeInChild(layout, hold.descriptors)
        return ok({ db: openNow(layout, hold, true), wasLookedAt: true })
      }
      if (!looks && state.kind === 'known') return ok({ db: openNow(layout, hold, false), wasLookedAt: false })
      const why = state.kind === 'known' ? '' : ', which was not closed properly'
      try {
        const repair = await tellWhenSlow(onWait, `reading the index of the store ${layout.dir}${why}`, () =>
          renewInChild(layout, isGone, hold.descriptors),
        )
        const db = openNow(layout, hold, true)
        if (state.kind === 'unknown') removePresence(state.dead)
        return ok({ db, wasLookedAt: true, ...(repair.problems.length === 0 ? {} : { repaired: repair }) })
      } catch (error) {
        // The child ended while it put the new index into its place, or another process did that before it.
        if (errorCode(error) !== 'EBUSY') throw error
      }
    }
  })
}

async function renew(
  layout: Layout,
  descriptors: readonly number[],
  { onWait = () => {} }: OpenIndexOptions,
): Promise<IndexRepair> {
  return whileRebuilding(layout, onRebuild(layout, onWait), async () => {
    for (;;) {
      finishRebuild(layout)
      try {
        return await renewInChild(layout, false, descriptors)
      } catch (error) {
        if (errorCode(error) !== 'EBUSY') throw error
      }
    }
  })
}

/** `isNoted`: what closed this index has to be noted, whether anything is written to it or not. */
function openNow(layout: Layout, hold: NamespaceHold, isNoted: boolean): IndexDb {
  const use = indexUse(layout)
  if (isNoted) use.begin()
  try {
    makeLockFile(layout)
    const onClosed = () => {
      use.end()
      hold.release()
    }
    return openIndexDb(layout.index, {
      readOnly: false,
      beforeWrite: () => use.begin(),
      onFailure: () => use.suspect(),
      onClosed,
    })
  } catch (error) {
    use.suspect()
    throw error
  }
}

function refused({ dir }: Layout, reason: string): Result<never, StoreFailure> {
  return err({ kind: 'store-refused', dir, reason })
}

function onRebuild({ dir }: Layout, onWait: (what: string) => void): (holder: ProcessIdentity) => void {
  const tell = tellOnce(onWait)
  return ({ pid }) => tell(`waiting for process ${pid}, which rebuilds the index of the store ${dir}`)
}

/** Returns what tells something once, when it is called again after a second. */
function tellOnce(onWait: (what: string) => void): (what: string) => void {
  const startMs = performance.now()
  let isTold = false
  return (what) => {
    if (isTold || performance.now() - startMs < slowMs) return
    isTold = true
    onWait(what)
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
