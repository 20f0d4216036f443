import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { isSystemError, SystemError } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { namesIn } from '../disk/names-in.ts'
import { type IndexDb, openIndexDb } from '../lmdb/index-db.ts'
import { textKey } from '../lmdb/index-keys.ts'
import { type LookedAt, openToLook } from '../lmdb/look-at-environment.ts'
import { putJson } from '../lmdb/sealed-records.ts'
import { blobTableOf } from '../tables/blob-table.ts'
import { renewRemovalMark } from '../tables/removal-mark.ts'
import { forgetCounted } from '../tables/size-count.ts'
import { indexRebuiltMemo } from './index-repair.ts'
import { dataPath } from './index-use.ts'
import { putIntoPlace, removeUnplaced } from './place-index.ts'
import { type PhaseLimits, takeOverRecords } from './take-over.ts'

export interface RebuildOptions {
  /** The directory that the new index is made in. */
  readonly building: string
  /** Whether the old index is read; one that cannot even be opened is only put aside. */
  readonly readsOld: boolean
  readonly limits: PhaseLimits
  /** Called with what is done next and how far it is; it may throw to end the rebuild, which leaves everything as it was. */
  readonly onProgress: (phase: string, count: number) => void
}

/** What a rebuild found and kept. */
export type Rebuilt = Omit<IndexRepair, 'problems'>

/**
 * Makes a new index of the records of the old one whose checksums hold, and of the files of blobs, whose names say what
 * must be in them; then puts the old one into quarantine and the new one into its place. Nobody else can write to the
 * old one meanwhile, and whoever has it open notices then that there is another. Reading a damaged index can end the
 * process, which is why a child does this. Throws system errors.
 */
export function rebuildIndex(layout: Layout, options: RebuildOptions): Rebuilt {
  const { building, readsOld, onProgress } = options
  rmSync(building, { recursive: true, force: true })
  removeUnplaced(layout)
  makeDirectory(building, 0o700)
  const before = inodeOf(layout)
  const rebuild = (old: LookedAt | undefined) => {
    onProgress('build', 0)
    const rebuilt = build(layout, old, options)
    onProgress('switch', 0)
    if (inodeOf(layout) !== before) throw new SystemError('EBUSY', 'another process has replaced the index')
    const movedTo = putIntoPlace(layout, building)
    return { ...rebuilt, ...(movedTo === undefined ? {} : { movedTo }) }
  }
  onProgress('open', 0)
  let isOpen = false
  try {
    if (readsOld) {
      const old = openToLook(layout.index, false)
      return old.tryOut(() => {
        isOpen = true
        return rebuild(old)
      })
    }
  } catch (error) {
    // LMDB cannot even open it.
    if (isOpen || !isSystemError(error)) throw error
  }
  return rebuild(undefined)
}

function build(layout: Layout, old: LookedAt | undefined, { building, limits, onProgress }: RebuildOptions): Rebuilt {
  const db = openIndexDb(building, { readOnly: false })
  const taken =
    old === undefined
      ? { records: 0, actions: 0 }
      : takeOverRecords(db, old, { limits, onRecord: onProgress, onWrite: () => onProgress('write', 0) })
  onProgress('blobs', 0)
  const adoptedBlobs = adoptBlobs(db, layout)
  db.write(() => {
    forgetCounted(db)
    // What could not be taken over is as good as removed.
    renewRemovalMark(db)
    const memo = { name: indexRebuiltMemo, value: new Date().toISOString() }
    putJson(db.table('memos-1'), textKey(indexRebuiltMemo), memo)
  })
  // It stays open: closing it takes a turn of the event loop, and it ends with this process.
  return { ...taken, adoptedBlobs }
}

/** A blob's file has its hash for a name; its bytes are hashed when they are first read. */
function adoptBlobs(db: IndexDb, layout: Layout): number {
  const blobTable = blobTableOf(db, layout)
  let count = 0
  for (const dir of namesIn(layout.blobs)) {
    const names = namesIn(join(layout.blobs, dir))
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
