import { describeStoreFailure, type StoreFailure } from '../contract/failure.ts'

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

/** An exception while an archive is read, which the import turns into a failure. */
export class ArchiveRefused extends Error {}

export function refuse(reason: string): never {
  throw new ArchiveRefused(reason)
}
