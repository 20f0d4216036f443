import { describeStoreFailure, type StoreFailure } from '../contract/failure.ts'
import { errorCode, isSystemError, ThrownFailure } from '../disk/io-failure.ts'

/** The failures of an export or an import. */
export type ArchiveFailure =
  | StoreFailure
  | { readonly kind: 'archive-refused'; readonly path: string; readonly reason: string }
  | { readonly kind: 'archive-empty'; readonly of: string }
  | { readonly kind: 'archive-interrupted'; readonly path: string }

/** Returns what happened, to which file, and what to do about it. */
export function describeArchiveFailure(failure: ArchiveFailure): string {
  switch (failure.kind) {
    case 'archive-refused':
      return `cannot import ${failure.path}: ${failure.reason}`
    case 'archive-empty':
      return `the store has no result of ${failure.of}, so there is nothing to export; run it first`
    case 'archive-interrupted':
      return `interrupted; ${failure.path} is not finished`
    default:
      return describeStoreFailure(failure)
  }
}

class ArchiveRefused extends Error {}

export function refuse(reason: string): never {
  throw new ArchiveRefused(reason)
}

/** Returns the failure that ended the reading or writing of an archive; bugs are thrown on. */
export function archiveFailureOf(
  error: unknown,
  kind: 'source-unreadable' | 'target-unwritable',
  path: string,
  signal: AbortSignal | undefined,
): ArchiveFailure {
  if (signal?.aborted === true && error === signal.reason) return { kind: 'archive-interrupted', path }
  if (error instanceof ArchiveRefused) return { kind: 'archive-refused', path, reason: error.message }
  if (error instanceof ThrownFailure) return error.failure
  if (!isSystemError(error)) throw error
  return { kind, path, code: errorCode(error) }
}
