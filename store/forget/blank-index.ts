import { closeSync, fdatasyncSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode, isSystemError } from '../disk/io-failure.ts'
import { writeAll } from '../disk/whole-transfers.ts'
import type { StoreContext } from '../local/store-context.ts'
import { dataPath } from '../opening/index-use.ts'
import { LmdbDamage, metaPages, PageReader, pageHeaderBytes, readSnapshot } from './lmdb-file.ts'
import { walkFile } from './lmdb-walk.ts'

/** How long to wait for processes that still read what was removed. */
const patienceMs = 5000
const lookEveryMs = 50

/**
 * Overwrites what LMDB leaves of removed records in the file of the index: in free pages, and in the free part of those
 * in use. Returns why it could not; undefined where nothing is left.
 */
export async function blankIndex({ db, layout }: StoreContext): Promise<string | undefined> {
  try {
    const since = performance.now()
    for (;;) {
      const isDone = db.lock(() => {
        const file = openSync(dataPath(layout), 'r+')
        try {
          return blankUnused(file, (transaction) => db.isReadBefore(transaction))
        } finally {
          closeSync(file)
        }
      })
      if (isDone) return undefined
      if (performance.now() - since > patienceMs) return 'another process reads the index'
      await delay(lookEveryMs)
    }
  } catch (error) {
    if (error instanceof LmdbDamage) return error.message
    if (!isSystemError(error)) throw error
    return errorCode(error)
  }
}

/** Overwrites what no snapshot needs, while nobody writes; returns false where somebody reads an older snapshot. */
function blankUnused(file: number, isReadBefore: (transaction: number) => boolean): boolean {
  const snapshot = readSnapshot(file)
  const { pageBytes, fileBytes, lastPage, transaction } = snapshot
  // The last snapshot is on the disk, so that LMDB does not fall back to an older one.
  if (isReadBefore(transaction)) return false
  const pages = new UsedPages(file, snapshot)
  walkFile(
    file,
    snapshot,
    {
      values: false,
      record: () => {},
      damage: (what) => {
        throw new LmdbDamage(what)
      },
    },
    pages,
  )
  for (const { at, sizeBytes } of pages.gaps) writeAll(file, Buffer.alloc(sizeBytes), at)
  const zeros = Buffer.alloc(pageBytes)
  const end = Math.floor(fileBytes / pageBytes)
  for (let page = metaPages; page < end; page++) {
    if (page > lastPage || !pages.isUsed(page)) writeAll(file, zeros, page * pageBytes)
  }
  fdatasyncSync(file)
  return true
}

interface Gap {
  readonly at: number
  readonly sizeBytes: number
}

/** Reads pages, and notes which of their bytes hold nothing. */
class UsedPages extends PageReader {
  readonly gaps: Gap[] = []

  override node(page: number): Buffer {
    const bytes = super.node(page)
    const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)]
    if (lower > upper || pageHeaderBytes + upper > bytes.length) throw new LmdbDamage('its bounds are wrong')
    this.gaps.push({ at: page * bytes.length + pageHeaderBytes + lower, sizeBytes: upper - lower })
    return bytes
  }

  override large(page: number, count: number, sizeBytes: number, read: boolean): Buffer {
    const bytes = super.large(page, count, sizeBytes, read)
    const used = pageHeaderBytes + sizeBytes
    this.gaps.push({ at: page * this.pageBytes + used, sizeBytes: count * this.pageBytes - used })
    return bytes
  }
}
