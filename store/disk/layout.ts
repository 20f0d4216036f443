import { join } from 'node:path'
import { ownIdentity, type ProcessIdentity, uniqueSuffix } from './process-identity.ts'

export interface Layout {
  readonly dir: string
  readonly format: string
  readonly index: string
  readonly blobs: string
  readonly tmp: string
  readonly leases: string
  readonly quarantine: string
  /** Counts that are not in the index yet. */
  readonly tally: string
}

export function layoutOf(dir: string): Layout {
  return {
    dir,
    format: join(dir, 'FORMAT'),
    index: join(dir, 'index'),
    blobs: join(dir, 'blobs'),
    tmp: join(dir, 'tmp'),
    leases: join(dir, 'leases'),
    quarantine: join(dir, 'quarantine'),
    tally: join(dir, 'tally'),
  }
}

export function blobDir(layout: Layout, hash: string): string {
  return join(layout.blobs, hash.slice(0, 2))
}

/** Returns the file of a blob that is not in the index. */
export function blobPath(layout: Layout, hash: string): string {
  return join(layout.blobs, hash.slice(0, 2), hash.slice(2))
}

/** Returns a new path under `tmp/`. Its name holds the process, so that a collection knows when it is abandoned. */
export function newTmpPath(layout: Layout): string {
  return join(layout.tmp, newOwnedName())
}

/** Returns a new file name that says which process it belongs to. */
export function newOwnedName(): string {
  const { pid, startedAt, bootId, pidNamespace } = ownIdentity()
  const owner = [pid, startedAt, bootId, namespaceNumber(pidNamespace)].join('_')
  return `${owner}_${uniqueSuffix()}`
}

/** Returns the process that a file name belongs to, or undefined when the name does not say. */
export function ownerOfName(name: string): ProcessIdentity | undefined {
  const [pid, startedAt, bootId, namespace, random, ...rest] = name.split('_')
  if (pid === undefined || !/^[0-9]{1,10}$/.test(pid)) return undefined
  if (startedAt === undefined || bootId === undefined || namespace === undefined) return undefined
  if (random === undefined || rest.length > 0) return undefined
  return { pid: Number(pid), startedAt, bootId, pidNamespace: namespace === '' ? '' : `pid:[${namespace}]` }
}

/** The kernel writes a namespace as `pid:[4026531836]`; only its number goes into a file name. */
function namespaceNumber(pidNamespace: string): string {
  return /\d+/.exec(pidNamespace)?.[0] ?? ''
}
