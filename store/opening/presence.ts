import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import { type Layout, newOwnedName, ownerOfName } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { listNames } from '../disk/names-in.ts'
import { livenessOf, ownIdentity, type ProcessIdentity, pidExists } from '../disk/process-identity.ts'

/** What a process can be present for: it has the index open for writing, or it rebuilds the index. */
export type Role = 'index' | 'rebuild'

/** A file in `leases/` that says by its name which process is present. */
export interface PresentProcess {
  readonly path: string
  readonly owner: ProcessIdentity
}

/** The processes that are present, and those that died without saying that they were done. */
export interface Presence {
  readonly living: readonly PresentProcess[]
  readonly dead: readonly PresentProcess[]
}

/** Returns who is present in that role; those of other pid namespaces are gone (`pid-namespace.ts`). */
export function presenceOf({ leases }: Layout, role: Role): Presence {
  const living: PresentProcess[] = []
  const dead: PresentProcess[] = []
  for (const name of listNames(leases)) {
    if (!name.startsWith(`${role}.`)) continue
    const owner = ownerOfName(name.slice(role.length + 1))
    if (owner === undefined) continue
    const path = join(leases, name)
    const list = isAlive(path, owner) ? living : dead
    list.push({ path, owner })
  }
  return { living, dead }
}

/** Those of this process. */
const own = new Set<string>()

/** Where the system does not tell when a process started, its pid alone says whether it is there. */
function isAlive(path: string, owner: ProcessIdentity): boolean {
  if (own.has(path)) return true
  const liveness = livenessOf(owner)
  if (liveness !== 'unknown') return liveness === 'alive'
  return owner.pidNamespace === ownIdentity().pidNamespace && owner.pid !== process.pid && pidExists(owner.pid)
}

/** Announces that this process is present; returns what takes that back. Throws system errors. */
export function announce(layout: Layout, role: Role): () => void {
  const path = join(layout.leases, `${role}.${newOwnedName()}`)
  const create = () => closeSync(openSync(path, 'wx', 0o600))
  try {
    create()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    makeDirectory(layout.leases, 0o700)
    create()
  }
  own.add(path)
  return () => {
    own.delete(path)
    removePresence([{ path }])
  }
}

/** Removes the files of processes that are no more. Their names are never used again, so nobody else's goes with them. */
export function removePresence(processes: readonly Pick<PresentProcess, 'path'>[]): void {
  for (const { path } of processes) valueOr(undefined, () => unlinkSync(path))
}
