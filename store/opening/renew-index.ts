import { closeSync, copyFileSync, fsyncSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { isOutOfRoom, SystemError } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { listNames } from '../disk/names-in.ts'
import { makeLockFile } from '../lmdb/defects/lock-file.ts'
import { type IndexDb, openIndexDb } from '../lmdb/index-db.ts'
import { openEnvironment } from '../lmdb/index-environment.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { putJson } from '../lmdb/sealed-records.ts'
import { blobTableOf } from '../tables/blob-table.ts'
import { renewRemovalMark } from '../tables/removal-mark.ts'
import { forgetCounted } from '../tables/size-count.ts'
import { whyNotOpenable } from './check-openable.ts'
import { indexRebuiltMemo } from './index-repair.ts'
import { dataPath } from './index-use.ts'
import { putIntoPlace } from './place-index.ts'
import { type TakenOver, type TakeOver, takeOverRecords } from './take-over.ts'

export interface RenewOptions extends Pick<TakeOver, 'limits'> {
  /** A directory for what is made. */
  readonly building: string
  /** Whether the old index is read, or only put aside. */
  readonly readsOld: boolean
  /** Whether something is known to be wrong with the old index. */
  readonly isDamaged: boolean
  /** Called with what is done next and how far it is; it may throw to end it all, which leaves everything as it was. */
  readonly onProgress: (phase: string, count: number) => void
}

/** Reads every record of the index, and returns what is wrong. */
export function probeIndex(layout: Layout, onRecord: RenewOptions['onProgress']): readonly string[] {
  const index = openEnvironment(layout.index, { readOnly: true, looks: true })
  return takeOverRecords(index, { salvages: false, limits: new Map(), onRecord, onWrite() {} }).problems
}

/** Opens a copy of the index in `building`: where that cannot be, it is the file's fault. */
export function openCopy(layout: Layout, building: string): void {
  makeDirectory(building, 0o700)
  copyFileSync(dataPath(layout), join(building, 'data.mdb'))
  // Otherwise a want of file descriptors would look like damage.
  whyNotOpenable({ ...layout, index: building }, false)
  openEnvironment(building, { readOnly: false, looks: true })
}

/**
 * Makes a new index of all records of the old one, and puts it into its place: what nobody can look at, such as the list
 * of free pages, is new then, too. Where something is wrong with the old one, the new one is made of the records whose
 * checksums hold and of the files of blobs, whose names say what must be in them, and the old one goes into quarantine.
 * Nobody else can write to the old one meanwhile, and whoever has it open notices then that there is another. Reading a
 * damaged index can end the process, which is why a child does this. Throws system errors.
 */
export function renewIndex(layout: Layout, options: RenewOptions): IndexRepair {
  const { building, isDamaged, limits, onProgress } = options
  makeDirectory(building, 0o700)
  const before = inodeOf(layout)
  const takeOver = (into: IndexDb | undefined, salvages: boolean): TakenOver => {
    if (old === undefined) return { records: 0, actions: 0, problems: [] }
    return takeOverRecords(old, { into, salvages, limits, onRecord: onProgress, onWrite: () => onProgress('write', 0) })
  }
  const renew = (): IndexRepair => {
    const copied = isDamaged ? undefined : copy(layout, join(building, 'new'), takeOver)
    const problems = copied?.problems ?? []
    const isSound = copied !== undefined && problems.length === 0
    // Without room for another index, the old one has only been read.
    if (isSound && !copied.isMade) return { ...copied, adoptedBlobs: 0 }
    const path = join(building, isSound ? 'new' : 'salvaged')
    const made = isSound ? { ...copied, adoptedBlobs: 0 } : salvage(layout, path, takeOver)
    onProgress('switch', 0)
    if (inodeOf(layout) !== before) throw new SystemError('EBUSY', 'another process has replaced the index')
    const movedTo = isSound ? join(building, 'old') : join(layout.quarantine, `index.${Date.now()}`)
    putIntoPlace(layout, path, movedTo)
    return { ...made, problems, ...(before === undefined ? {} : { movedTo }) }
  }
  onProgress('open', 0)
  const old = options.readsOld ? openEnvironment(layout.index, { readOnly: false, looks: true }) : undefined
  return old === undefined ? renew() : old.lockNewest(renew)
}

type Taking = (into: IndexDb | undefined, salvages: boolean) => TakenOver

/** Copies all records; where there is no room for that, they are only read. */
function copy(layout: Layout, path: string, takeOver: Taking): TakenOver & { readonly isMade: boolean } {
  try {
    return { ...build(layout, path, (db) => takeOver(db, false)), isMade: true }
  } catch (error) {
    if (!isOutOfRoom(path, error)) throw error
    return { ...takeOver(undefined, false), isMade: false }
  }
}

function salvage(layout: Layout, path: string, takeOver: Taking): Omit<IndexRepair, 'problems'> {
  return build(layout, path, (db) => {
    const { records, actions } = takeOver(db, true)
    const adoptedBlobs = adoptBlobs(db, layout)
    db.write(() => {
      forgetCounted(db)
      // What could not be taken over is as good as removed.
      renewRemovalMark(db)
      const memo = { name: indexRebuiltMemo, value: new Date().toISOString() }
      putJson(db.table('memos-1'), textKey(indexRebuiltMemo), memo)
    })
    return { records, actions, adoptedBlobs }
  })
}

/** The new index stays open: closing it takes a turn of the event loop, and it ends with this process. */
function build<T>(layout: Layout, path: string, fill: (db: IndexDb) => T): T {
  makeDirectory(path, 0o700)
  makeLockFile({ ...layout, index: path })
  const made = fill(openIndexDb(path, { readOnly: false, noSync: true }))
  const file = openSync(join(path, 'data.mdb'), 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return made
}

/** A blob's file has its hash for a name; its bytes are hashed when they are first read. */
function adoptBlobs(db: IndexDb, layout: Layout): number {
  const blobTable = blobTableOf(db, layout)
  let count = 0
  for (const dir of listNames(layout.blobs)) {
    const names = listNames(join(layout.blobs, dir))
    db.write(() => {
      for (const name of names) {
        const hash = dir + name
        if (!isHash(hash) || blobTable.entry(hash) !== undefined) continue
        const stats = statSync(join(layout.blobs, dir, name), { throwIfNoEntry: false })
        if (stats?.isFile() !== true) continue
        blobTable.putFile({ hash, sizeBytes: stats.size })
        count += 1
      }
    })
  }
  return count
}

function inodeOf(layout: Layout): bigint | undefined {
  return statSync(dataPath(layout), { bigint: true, throwIfNoEntry: false })?.ino
}
