import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { textKey } from './index-keys.ts'
import { errorCode } from './io-failure.ts'
import type { JsonValue } from './json.ts'
import { guardedParse, isAmount, isCount, isObject } from './json-guards.ts'
import { type Layout, newTmpPath } from './layout.ts'
import { makeDirectory } from './make-directory.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { removeFile } from './remove-file.ts'

/** A lease as its file keeps it. */
export interface LeaseRecord extends ProcessIdentity {
  readonly name: string
  readonly note: string
  /** Tells this taking of the lease from every other one. */
  readonly token: string
  /** Wall clock, for people and for the order of runs. */
  readonly acquiredAtMs: number
  /** The store's own clock. */
  readonly acquiredClockMs: number
  /** Monotonic clock. */
  readonly renewedAtMs: number
}

/** The files of a store's leases. What the system refuses is thrown. */
export interface LeaseFiles {
  /** Returns the record under that name; one that cannot be understood is none. */
  read(name: string): LeaseRecord | undefined
  all(): readonly LeaseRecord[]
  /** Writes a record where there is none; returns whether that was so. Until it is whole, a reader sees none. */
  create(record: LeaseRecord): boolean
  /** Puts a record into the place of the one with its name, so that a reader sees the one or the other. */
  replace(record: LeaseRecord): void
  remove(name: string): void
}

/** Returns the files of the leases in a store's directory. */
export function leaseFilesIn(layout: Layout): LeaseFiles {
  /** A store that was made before it kept leases in files has no directory for them. */
  function inDirectories(body: () => void): void {
    try {
      body()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      for (const dir of [layout.tmp, layout.leases]) makeDirectory(dir, 0o700)
      body()
    }
  }

  const pathOf = (name: string) => join(layout.leases, textKey(name).toString('hex'))
  return {
    read: (name) => {
      const record = readRecord(pathOf(name))
      return record?.name === name ? record : undefined
    },
    all: () =>
      namesIn(layout.leases).flatMap((name) => {
        const record = readRecord(join(layout.leases, name))
        return record === undefined ? [] : [record]
      }),
    create(record) {
      try {
        inDirectories(() => create(pathOf(record.name), record))
        return true
      } catch (error) {
        if (errorCode(error) === 'EEXIST') return false
        throw error
      }
    },
    replace: (record) => inDirectories(() => replace(pathOf(record.name), record, layout)),
    remove: (name) => removeFile(pathOf(name)),
  }
}

function create(path: string, record: LeaseRecord): void {
  try {
    writeFileSync(path, JSON.stringify(record), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // A full disk leaves a part of it.
    if (errorCode(error) !== 'EEXIST') removeFile(path)
    throw error
  }
}

function replace(path: string, record: LeaseRecord, layout: Layout): void {
  const temporary = newTmpPath(layout)
  try {
    writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    removeFile(temporary)
    throw error
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

function readRecord(path: string): LeaseRecord | undefined {
  try {
    return parseLease(guardedParse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function parseLease(value: JsonValue | undefined): LeaseRecord | undefined {
  if (!isObject(value)) return undefined
  const { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, renewedAtMs } = value
  const { acquiredClockMs } = value
  if (typeof name !== 'string' || typeof note !== 'string' || typeof token !== 'string') return undefined
  if (typeof startedAt !== 'string' || typeof bootId !== 'string' || typeof pidNamespace !== 'string') return undefined
  if (!isCount(pid) || !isAmount(acquiredAtMs) || !isAmount(renewedAtMs) || !isAmount(acquiredClockMs)) return undefined
  return { name, note, token, pid, startedAt, bootId, pidNamespace, acquiredAtMs, acquiredClockMs, renewedAtMs }
}
