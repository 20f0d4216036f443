import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { errorCode, isSystemError, storeIoFailure } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { networkFileSystemOf } from '../disk/network-file-system.ts'

/** What FORMAT says in a store that this program can use. */
export const storeFormat = 'reprise-store 1'

const dirMode = 0o700

/** What a directory that could become a store holds. */
export type Found = 'store' | 'nothing'

/** Returns whether there is a store, or why the directory cannot be one. Writes nothing. */
export function inspectStoreDir(layout: Layout, readOnly: boolean): Result<Found, StoreFailure> {
  const { dir } = layout
  try {
    const stats = lstatSync(dir, { throwIfNoEntry: false })
    if (stats === undefined) return checkFileSystem(dir, dirname(dir))
    const refusal = refusalOf(layout, stats.uid, stats, readOnly)
    if (refusal !== undefined) return err({ kind: 'store-refused', dir, reason: refusal })
    const local = checkFileSystem(dir, dir)
    return local.ok ? readFormat(layout) : local
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(dir, 'open', error))
  }
}

interface Kind {
  isSymbolicLink(): boolean
  isDirectory(): boolean
}

function refusalOf(layout: Layout, owner: number, kind: Kind, readOnly: boolean): string | undefined {
  if (kind.isSymbolicLink()) return 'it is a symbolic link; name the directory itself'
  if (!kind.isDirectory()) return 'it is not a directory'
  const self = process.getuid?.()
  // What is only read cannot leave files of one user in another's store.
  if (!readOnly && self !== undefined && owner !== self) {
    return `it belongs to another user (uid ${owner}, while this is uid ${self}); choose another store with --store`
  }
  for (const part of [layout.index, layout.blobs, layout.tmp, layout.leases, layout.quarantine]) {
    const stats = lstatSync(part, { throwIfNoEntry: false })
    if (stats !== undefined && !stats.isDirectory()) return `${part} is not a directory`
  }
  return undefined
}

function checkFileSystem(dir: string, existing: string): Result<'nothing', StoreFailure> {
  let network: string | undefined
  try {
    network = networkFileSystemOf(existing)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(existing) !== existing) return checkFileSystem(dir, dirname(existing))
    throw error
  }
  if (network === undefined) return ok('nothing')
  const reason = `it is on a network file system (${network}), where its index would be damaged; choose a local directory with --store`
  return err({ kind: 'store-refused', dir, reason })
}

function readFormat({ dir, format }: Layout): Result<Found, StoreFailure> {
  let found: string
  try {
    found = readFileSync(format, 'utf8').trim()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return isOurs(dir)
      ? ok('nothing')
      : err({
          kind: 'store-refused',
          dir,
          reason: 'it contains files, but is not a store; choose another directory with --store',
        })
  }
  if (found === storeFormat) return ok('store')
  return err({ kind: 'store-format', dir, found: found.slice(0, 80), supported: storeFormat })
}

/** A directory without FORMAT may be one that another process is making at this moment. */
function isOurs(dir: string): boolean {
  const names = new Set(['index', 'blobs', 'tmp', 'leases', 'quarantine', 'FORMAT', 'index.rebuilt', 'tally'])
  return readdirSync(dir).every((name) => names.has(name) || name.startsWith('FORMAT.'))
}

/** Makes the directories of a new store, and FORMAT last; throws system errors. */
export function createStoreDir(layout: Layout): void {
  makeDirectory(layout.dir, dirMode)
  for (const part of [layout.index, layout.blobs, layout.tmp, layout.leases]) makeDirectory(part, dirMode)
  const tmp = `${layout.format}.${process.pid}`
  const fd = openSync(tmp, 'w', 0o600)
  try {
    writeSync(fd, `${storeFormat}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(tmp, layout.format)
}
