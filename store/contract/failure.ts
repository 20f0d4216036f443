/** What can go wrong with a store, as data. */
export type StoreFailure =
  | { readonly kind: 'store-full'; readonly dir: string }
  | { readonly kind: 'store-io'; readonly dir: string; readonly operation: string; readonly code: string }
  | { readonly kind: 'store-format'; readonly dir: string; readonly found: string; readonly supported: string }
  | { readonly kind: 'store-refused'; readonly dir: string; readonly reason: string }
  /** A process of another container has it open. */
  | { readonly kind: 'store-elsewhere'; readonly dir: string }
  /** It was to be opened for reading only. */
  | { readonly kind: 'store-absent'; readonly dir: string }
  | { readonly kind: 'store-read-only'; readonly dir: string }
  | { readonly kind: 'blob-missing'; readonly hash: string }
  | { readonly kind: 'blob-corrupt'; readonly hash: string; readonly what: string }
  /** Bytes that were sent are not those that their digest names. */
  | { readonly kind: 'blob-rejected'; readonly hash: string; readonly what: string }
  /** Bytes stopped arriving; the file holds the first `arrivedBytes`, from where a fetch may resume. */
  | {
      readonly kind: 'transfer-broken'
      readonly hash: string
      readonly arrivedBytes: number
      readonly reason: string
    }
  /** A cache that cannot be reached, or does not answer as one. */
  | { readonly kind: 'cache-unavailable'; readonly cache: string; readonly reason: string }
  | { readonly kind: 'source-unreadable'; readonly path: string; readonly code: string }
  | { readonly kind: 'source-unsupported'; readonly path: string; readonly what: string }
  | { readonly kind: 'target-unwritable'; readonly path: string; readonly code: string }

/** Returns what happened, to which file, and what to do about it. */
export function describeStoreFailure(failure: StoreFailure): string {
  switch (failure.kind) {
    case 'store-full':
      return `the disk of the store ${failure.dir} is full; free some space, remove results with 'reprise cache gc --min-free 1GB' (less on a small disk), or choose another store with --store`
    case 'store-io':
      return `cannot use the store ${failure.dir}: ${ioText(failure.operation, failure.code)}`
    case 'store-format':
      return `the store ${failure.dir} has the format '${failure.found}', but this version of reprise reads '${failure.supported}'; update reprise, or choose another store with --store`
    case 'store-absent':
      return `there is no store in ${failure.dir} yet; the first run creates it`
    case 'store-elsewhere':
      return `the store ${failure.dir} is open in another container, and can be open in one at a time: wait for that one, or give each a store of its own and carry results over with 'reprise cache export' and 'import'`
    case 'store-refused':
      return `cannot use the store ${failure.dir}: ${failure.reason}`
    case 'store-read-only':
      return `the store ${failure.dir} is read-only, so no new results can be recorded in it; choose another store with --store`
    case 'blob-missing':
      return `the blob b3:${failure.hash} is not in the store`
    case 'blob-corrupt':
      return `the blob b3:${failure.hash} is damaged (${failure.what}), and is not used`
    case 'blob-rejected':
      return `the blob b3:${failure.hash} was not stored, because other bytes were sent in its place (${failure.what})`
    case 'transfer-broken':
      return `the blob b3:${failure.hash} arrived only in part: the transfer broke off after ${failure.arrivedBytes} bytes (${failure.reason}); run again to resume it`
    case 'cache-unavailable':
      return `the cache ${failure.cache} is unavailable: ${failure.reason}`
    case 'source-unreadable':
      return unreadableText(failure.path, failure.code)
    case 'source-unsupported':
      return `${failure.path} is ${failure.what}, which cannot be stored`
    case 'target-unwritable':
      return unwritableText(failure.path, failure.code)
    default:
      return failure satisfies never
  }
}

function ioText(operation: string, code: string): string {
  const what = `${operation} failed with ${code}`
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `permission denied (${what}); choose another store with --store or REPRISE_STORE`
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files (${what}); raise the limit, as with 'ulimit -n 4096', or close other programs`
    case 'EFBIG':
      return `a file may not become larger (${what}); raise the limit, as with 'ulimit -f unlimited'`
    default:
      return what
  }
}

function unreadableText(path: string, code: string): string {
  switch (code) {
    case 'ENOENT':
      return `${path} does not exist`
    case 'EACCES':
    case 'EPERM':
      return `cannot read ${path}: permission denied`
    default:
      return `cannot read ${path} (${code})`
  }
}

function unwritableText(path: string, code: string): string {
  switch (code) {
    case 'ENOSPC':
      return `the disk of ${path} is full`
    case 'ENOENT':
      return `cannot write ${path}: its parent directory does not exist`
    case 'EACCES':
    case 'EPERM':
      return `cannot write ${path}: permission denied`
    case 'EROFS':
      return `cannot write ${path}: it is on a read-only file system`
    default:
      return `cannot write ${path} (${code})`
  }
}
