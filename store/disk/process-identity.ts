import { readFileSync, readlinkSync } from 'node:fs'

/** What tells one process of one machine from every other, past and present. */
export interface ProcessIdentity {
  readonly pid: number
  /** The process's start in clock ticks since boot, so that a reused pid is told apart; empty where unknown. */
  readonly startedAt: string
  /** The machine's boot; empty where unknown. */
  readonly bootId: string
  /** The pid namespace: a pid means nothing in another one; empty where unknown. */
  readonly pidNamespace: string
}

/** Whether a process is alive; `unknown` for one in a pid namespace that cannot be seen from here. */
export type Liveness = 'alive' | 'dead' | 'unknown'

let own: ProcessIdentity | undefined
let serial = 0

/** Returns a text that this process has never returned before, nor any other one at the same nanosecond. */
export function uniqueSuffix(): string {
  serial += 1
  return `${process.hrtime.bigint().toString(36)}-${serial.toString(36)}`
}

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    startedAt: startTimeOf('self') ?? '',
    bootId: readText('/proc/sys/kernel/random/boot_id') ?? '',
    pidNamespace: namespaceOf('/proc/self/ns/pid'),
  }
  return own
}

/** Returns whether the process of that identity is alive, as far as it can be told from here. */
export function livenessOf(identity: ProcessIdentity, self: ProcessIdentity = ownIdentity()): Liveness {
  if (identity.bootId !== self.bootId) return 'dead'
  if (identity.pidNamespace !== self.pidNamespace) return 'unknown'
  if (identity.pid === self.pid) return identity.startedAt === self.startedAt ? 'alive' : 'dead'
  if (!pidExists(identity.pid)) return 'dead'
  if (identity.startedAt === '') return 'alive'
  const startedAt = startTimeOf(String(identity.pid))
  // A process whose /proc entry is hidden (hidepid) but which exists is taken for alive.
  return startedAt === undefined || startedAt === identity.startedAt ? 'alive' : 'dead'
}

/** Returns whether there is a process of that number here, be it a zombie or another user's. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Returns field 22 of /proc/PID/stat, or undefined when there is none or the process is a zombie's remains.
 * The name in field 2 may hold spaces and parentheses, so fields are counted from its last parenthesis (proc(5)).
 */
function startTimeOf(pid: string): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  // A zombie holds its pid until its parent asks, but will never do anything again.
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
