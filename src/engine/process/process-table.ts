import { readdirSync, readFileSync } from 'node:fs'

/** Reads the process table under `/proc`; without it, nothing is known and nothing is found. */

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}

function listProc(path: string): readonly string[] | undefined {
  try {
    return readdirSync(`/proc/${path}`).filter((name) => /^\d+$/.test(name))
  } catch {
    return undefined
  }
}

/** Returns the pids of all descendants of a process. */
export function descendantsOf(pid: number): readonly number[] {
  return withDescendants(pid).slice(1)
}

/** Returns the pids of a process's parent, of the parent of that, and so on. */
export function ancestorsOf(pid: number): readonly number[] {
  const pids: number[] = []
  for (let at = pid; ; ) {
    at = Number(statOf(at)?.[parentField] ?? 0)
    if (at === 0) return pids
    pids.push(at)
  }
}

/** Returns the command line of a process; empty if it has ended. */
export function commandLineOf(pid: number): readonly string[] {
  return (readProc(`${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '')
}

/** A process may be started by any thread of its parent. */
function withDescendants(pid: number): readonly number[] {
  const pids = [pid]
  for (const parent of pids) {
    for (const thread of listProc(`${parent}/task`) ?? []) {
      const children = readProc(`${parent}/task/${thread}/children`)?.trim()
      if (children) pids.push(...children.split(' ').map(Number))
    }
  }
  return pids
}

/** Fields of `/proc/PID/stat` from the third on, as proc(5) numbers them; the name before them may hold anything. */
function statOf(pid: number | 'self'): readonly string[] | undefined {
  const text = readProc(`${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

const [stateField, parentField, groupField, firstTimeField, firstReapedField] = [0, 1, 2, 11, 13]
/** The kernel's clock ticks are hundredths of a second for everybody who reads them. */
const msPerTick = 10

/** What a process and its descendants use now. */
export interface TreeUsage {
  /** The sum of their resident memory, or the peak of one of them if that is more. */
  readonly rssBytes: number
  /** User and system time, including children that have ended and were waited for. */
  readonly cpuTimeMs: number
}

/** Returns what a process and its descendants use now, or undefined when it has ended. */
export function treeUsageOf(pid: number): TreeUsage | undefined {
  let residentKib = 0
  let highestKib = 0
  let ticks = 0
  for (const member of withDescendants(pid)) {
    const status = readProc(`${member}/status`)
    residentKib += Number(status?.match(/^VmRSS:\s+(\d+) kB$/m)?.[1] ?? 0)
    highestKib = Math.max(highestKib, Number(status?.match(/^VmHWM:\s+(\d+) kB$/m)?.[1] ?? 0))
    for (const field of statOf(member)?.slice(firstTimeField, firstTimeField + 4) ?? []) ticks += Number(field)
  }
  const kib = Math.max(residentKib, highestKib)
  return kib === 0 ? undefined : { rssBytes: kib * 1024, cpuTimeMs: ticks * msPerTick }
}

/** Returns the user and system time of all ended children of this process, and of theirs. */
export function reapedTimeMs(): number | undefined {
  const fields = statOf('self')?.slice(firstReapedField, firstReapedField + 2)
  return fields?.reduce((sum, ticks) => sum + Number(ticks) * msPerTick, 0)
}

/** Returns the pids of all processes that were started with the environment variable `name` set to `value`. */
export function pidsWithMarker(name: string, value: string): readonly number[] {
  return (listProc('') ?? []).filter((pid) => hasMark(pid, `${name}=${value}`)).map(Number)
}

function hasMark(pid: string, mark: string): boolean {
  return readProc(`${pid}/environ`)?.split('\0').includes(mark) ?? false
}

/**
 * Returns the processes of a group, and all that carry a mark (`NAME=value`) in their environment; undefined where
 * nothing is known.
 */
export function membersOf(
  group: number,
  mark: string,
): readonly { readonly pid: number; readonly group: number }[] | undefined {
  return listProc('')?.flatMap((pid) => {
    const stat = statOf(Number(pid))
    // A zombie does not count as a member.
    if (stat === undefined || stat[stateField] === 'Z' || stat[stateField] === 'X') return []
    const its = Number(stat[groupField])
    return its === group || hasMark(pid, mark) ? [{ pid: Number(pid), group: its }] : []
  })
}
