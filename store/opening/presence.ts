import { closeSync, openSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, valueOr } from '../disk/io-failure.ts'
import { type Layout, newOwnedName, ownerOfName } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { namesIn } from '../disk/names-in.ts'
import { livenessOf, type ProcessIdentity } from '../disk/process-identity.ts'

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

/** A process in another pid namespace cannot be asked whether it lives; it renews its file, and is dead when it stops. */
const renewEveryMs = 20_000
const silentAfterMs = 60_000

/** Returns who is present in that role. */
export function presenceOf({ leases }: Layout, role: Role): Presence {
  const living: PresentProcess[] = []
  const dead: PresentProcess[] = []
  for (const name of namesIn(leases)) {
    if (!name.startsWith(`${role}.`)) continue
    const owner = ownerOfName(name.slice(role.length + 1))
    if (owner === undefined) continue
    const path = join(leases, name)
    const list = isAlive(path, owner) ? living : dead
    list.push({ path, owner })
  }
  return { living, dead }
}

/** A clock that was set makes somebody who lives look dead, which costs a look at the index and nothing else. */
function isAlive(path: string, owner: ProcessIdentity): boolean {
  const liveness = livenessOf(owner)
  if (liveness !== 'unknown') return liveness === 'alive'
  const stats = valueOr(undefined, () => statSync(path, { throwIfNoEntry: false }))
  return stats !== undefined && Date.now() - stats.mtimeMs < silentAfterMs
}

/** Announces that this process is present; returns what takes that back. Throws system errors. */
export function announce(layout: Layout, role: Role): () => void {
  const path = join(layout.leases, `${role}.${newOwnedName()}`)
  createFile(path, layout)
  const renewal = setInterval(() => {
    valueOr(undefined, () => utimesSync(path, new Date(), new Date()))
  }, renewEveryMs)
  renewal.unref()
  return () => {
    clearInterval(renewal)
    removePresence([{ path }])
  }
}

/** Removes the files of processes that are no more. Their names are never used again, so nobody else's goes with them. */
export function removePresence(processes: readonly Pick<PresentProcess, 'path'>[]): void {
  for (const { path } of processes) valueOr(undefined, () => unlinkSync(path))
}

function createFile(path: string, { leases }: Layout): void {
  const create = () => closeSync(openSync(path, 'wx', 0o600))
  try {
    create()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    makeDirectory(leases, 0o700)
    create()
  }
}
