import { readFileSync, readlinkSync } from 'node:fs'

/** Identifies one process among all of a machine, past and present. */
export interface ProcessIdentity {
  readonly pid: number
  /** The process's start in clock ticks since boot, because pids are reused; empty where unknown. */
  readonly startedAt: string
  /** The machine's boot; empty where unknown. */
  readonly bootId: string
  /** The pid namespace, because a pid is valid in one only; empty where unknown. */
  readonly pidNamespace: string
}

const isLinux = process.platform === 'linux'

/** Whether a process is alive; `unknown` for one in another pid namespace, or in one that cannot be told. */
export type Liveness = 'alive' | 'dead' | 'unknown'

let own: ProcessIdentity | undefined
let serial = 0

/** Returns a text that is unique in this process, and among processes at different nanoseconds. */
export function uniqueSuffix(): string {
  serial += 1
  return `${process.hrtime.bigint().toString(36)}-${serial.toString(36)}`
}

export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    startedAt: startTimeOf('self') ?? '',
    // Elsewhere there is one pid namespace, and nothing that tells boots apart but the start of a process.
    bootId: isLinux ? (readText('/proc/sys/kernel/random/boot_id') ?? '') : process.platform,
    pidNamespace: isLinux ? namespaceOf('/proc/self/ns/pid') : process.platform,
  }
  return own
}

/** Returns whether a process is alive, as far as this process can see. */
export function livenessOf(identity: ProcessIdentity, self: ProcessIdentity = ownIdentity()): Liveness {
  const isBootKnown = identity.bootId !== '' && self.bootId !== ''
  if (isBootKnown && identity.bootId !== self.bootId) return 'dead'
  if (identity.pidNamespace !== self.pidNamespace || self.pidNamespace === '') return 'unknown'
  if (identity.pid === self.pid) return identity.startedAt === self.startedAt ? 'alive' : 'dead'
  if (!pidExists(identity.pid)) return 'dead'
  if (identity.startedAt === '') return isBootKnown ? 'alive' : 'unknown'
  const startedAt = startTimeOf(String(identity.pid))
  // A process whose /proc entry is hidden (hidepid) counts as alive.
  return startedAt === undefined || startedAt === identity.startedAt ? 'alive' : 'dead'
}

/** Returns whether the pid of a process means that process to this one, too, as far as can be told. */
export function isPidShared(identity: ProcessIdentity, self: ProcessIdentity = ownIdentity()): boolean {
  const isSameBoot = identity.bootId === self.bootId || identity.bootId === '' || self.bootId === ''
  return isSameBoot && identity.pidNamespace === self.pidNamespace && self.pidNamespace !== ''
}

/** Returns whether a pid exists, also as a zombie or as another user's process. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Returns field 22 of /proc/PID/stat, or undefined when it cannot be read. The name in field 2 may hold spaces and
 * parentheses, so fields are counted from the last parenthesis (proc(5)).
 */
function startTimeOf(pid: string): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  // A zombie keeps its pid until its parent waits for it, but does not run any more.
  return state === 'Z' || state === 'X' ? 'ended' : fields[19]
}

function namespaceOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
