import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode, isSystemError, valueOr } from '../disk/io-failure.ts'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { listNames } from '../disk/names-in.ts'
import { ownIdentity } from '../disk/process-identity.ts'

/**
 * LMDB's locks are of one pid namespace: they know processes by their numbers, which two containers give twice. So the
 * processes of one namespace have a store open at a time. Each keeps the pipe of its namespace open, `leases/open.NUMBER`,
 * and a pipe that nobody has open for reading cannot be opened for writing: whoever tries learns whether anybody is there,
 * from the kernel, in every namespace, and no longer than those processes live.
 */
export interface NamespaceHold {
  /** What a child process inherits, so that this lasts until it has ended, too. */
  readonly descriptors: readonly number[]
  release(): void
}

const waitMs = 50
/** How long whoever is there is waited for, where somebody is told. */
const patienceMs = 120_000

const prefix = 'open.'

/** Returns what keeps processes of other namespaces out, or undefined where they did not leave. Throws system errors. */
export async function holdNamespace(
  layout: Layout,
  options: { readonly readOnly: boolean; readonly onWait: (() => void) | undefined },
): Promise<NamespaceHold | undefined> {
  const startMs = performance.now()
  for (;;) {
    const hold = enter(layout, options.readOnly)
    let isOurs = false
    try {
      // Everybody first shows itself and then looks: of two namespaces at least one sees the other, and leaves.
      isOurs = !areOthersThere(layout)
      if (isOurs) return hold
    } finally {
      if (!isOurs) hold.release()
    }
    if (options.onWait === undefined || performance.now() - startMs > patienceMs) return undefined
    options.onWait()
    await delay(waitMs * (0.5 + Math.random()))
  }
}

function enter({ leases }: Layout, readOnly: boolean): NamespaceHold {
  const path = join(leases, ownName())
  const open = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let fd: number | undefined
  try {
    fd = open()
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') {
      if (!readOnly || !isSystemError(error)) throw error
    } else if (makePipe(path, leases)) fd = open()
  }
  return {
    descriptors: fd === undefined ? [] : [fd],
    release() {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

/** Once for each namespace; where there can be no pipes, namespaces are not told apart. */
function makePipe(path: string, leases: string): boolean {
  if (process.platform !== 'linux') return false
  valueOr(undefined, () => makeDirectory(leases, 0o700))
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` }
  const { status } = spawnSync('mkfifo', ['-m', '600', path], { env, stdio: 'ignore' })
  // Another process may have made it meanwhile.
  return status === 0 || listNames(leases).includes(ownName())
}

function areOthersThere({ leases }: Layout): boolean {
  const own = ownName()
  return listNames(leases).some((name) => name.startsWith(prefix) && name !== own && hasReader(join(leases, name)))
}

function hasReader(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch (error) {
    if (errorCode(error) === 'ENXIO' || errorCode(error) === 'ENOENT') return false
    throw error
  }
}

function ownName(): string {
  return `${prefix}${/\d+/.exec(ownIdentity().pidNamespace)?.[0] ?? 'unknown'}`
}
