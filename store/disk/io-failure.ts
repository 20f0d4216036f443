import { statfsSync } from 'node:fs'
import type { StoreFailure } from '../contract/failure.ts'
import { err, ok, type Result } from '../contract/result.ts'

/** A disk with less free room than this is full, whatever the error's code is. */
const roomBytesMin = 1 << 20

/** LMDB's own error for a map that cannot grow (`MDB_MAP_FULL`). */
const mapFull = -30792

/** Returns the code of an error: a system error's name, LMDB's number, or the message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) return String(error.code)
  return error.message
}

/** Carries a failure out of code that throws, such as the body of a transaction. */
export class ThrownFailure extends Error {
  readonly failure: StoreFailure

  constructor(failure: StoreFailure) {
    super(failure.kind)
    this.failure = failure
  }
}

/** A system error that was met elsewhere, as in another thread, or that the system would give. */
export class SystemError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Node's codes of system errors; codes of Node itself (ERR_...) and of native modules look different. */
const systemCode = /^(?:E[A-Z0-9]+|UNKNOWN)$/

/** Returns whether an error came from the operating system or from LMDB, and is not a bug of this program. */
export function isSystemError(error: unknown): boolean {
  if (error instanceof SystemError) return true
  // A DOMException has a numeric code, too.
  if (!(error instanceof Error) || error instanceof DOMException || !('code' in error)) return false
  return typeof error.code === 'number' || (typeof error.code === 'string' && systemCode.test(error.code))
}

/** Runs `body` and returns its value, or the failure that its system error is; bugs are thrown on. */
export function attempt<T>(dir: string, operation: string, body: () => T): Result<T, StoreFailure> {
  try {
    return ok(body())
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err(storeIoFailure(dir, operation, error))
  }
}

/** Runs `body`, which writes to `path`, and returns its value, or the failure that its system error is. */
export function attemptAt<T>(path: string, body: () => T): Result<T, StoreFailure> {
  try {
    return ok(body())
  } catch (error) {
    if (!isSystemError(error)) throw error
    return err({ kind: 'target-unwritable', path, code: errorCode(error) })
  }
}

/** Runs a look-up that may be answered with `fallback` when the system or a damaged index prevents it. */
export function valueOr<T>(fallback: T, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!isSystemError(error)) throw error
    return fallback
  }
}

/** Returns the failure of an operation on the store in `dir`, telling a full disk from other trouble. */
export function storeIoFailure(dir: string, operation: string, error: unknown): StoreFailure {
  const code = errorCode(error)
  if (fullCodes.includes(code) || code.includes('No space left')) return { kind: 'store-full', dir }
  if (code === 'EROFS') return { kind: 'store-read-only', dir }
  if (mayBeFull(code) && isDiskFull(dir)) return { kind: 'store-full', dir }
  return { kind: 'store-io', dir, operation, code: namedCode(code) }
}

/** Returns whether what was written to `dir` found no room: a full disk, a quota, a limit of the size of files. */
export function isOutOfRoom(dir: string, error: unknown): boolean {
  if (!isSystemError(error)) return false
  return ['EFBIG', '27'].includes(errorCode(error)) || storeIoFailure(dir, 'write', error).kind === 'store-full'
}

/** Of the system, and as LMDB's numbers. */
const fullCodes = ['ENOSPC', '28', 'EDQUOT', '122']

/** LMDB reports a short write as EIO, and a full disk as MDB_MAP_FULL. */
function mayBeFull(code: string): boolean {
  return ['EIO', '5', String(mapFull)].includes(code)
}

/**
 * Throws ENOSPC where the disk may have no room for a transaction with so many bytes of values. LMDB itself would print
 * the error, and its environment may have to be opened anew.
 */
export function demandRoom(dir: string, valueBytes = 0): void {
  const { bavail, bsize } = statfsSync(dir)
  // A value of somewhat more than half a page takes two.
  if (bavail * bsize >= roomBytesMin + 2 * valueBytes) return
  throw new SystemError('ENOSPC', 'no space left on the disk')
}

function isDiskFull(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize < roomBytesMin
  } catch {
    return false
  }
}

const lmdbCodes: Readonly<Record<string, string>> = {
  '5': 'EIO',
  '13': 'EACCES',
  '28': 'ENOSPC',
  '30': 'EROFS',
  '-30797': 'MDB_PAGE_NOTFOUND',
  '-30796': 'MDB_CORRUPTED',
  '-30795': 'MDB_PANIC',
  '-30794': 'MDB_VERSION_MISMATCH',
  '-30793': 'MDB_INVALID',
  '-30792': 'MDB_MAP_FULL',
  '-30790': 'MDB_READERS_FULL',
  '-30782': 'MDB_BAD_TXN',
}

function namedCode(code: string): string {
  return lmdbCodes[code] ?? code
}
