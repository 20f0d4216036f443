import { readdirSync, readFileSync } from 'node:fs'

/** Reads the system's process table under `/proc`; where there is none, nothing is known and nothing is found. */

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}

/** Returns the pids of the processes that a process started, and of those that these started. */
export function descendantsOf(pid: number): readonly number[] {
  return withDescendants(pid).slice(1)
}

/** Returns the words with which a process was started; none for one that has ended. */
export function commandLineOf(pid: number): readonly string[] {
  return (readProc(`${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '')
}

function withDescendants(pid: number): readonly number[] {
  const pids = [pid]
  for (const parent of pids) {
    const children = readProc(`${parent}/task/${parent}/children`)?.trim()
    if (children) pids.push(...children.split(' ').map(Number))
  }
  return pids
}

/** Returns the sum of the peak resident memory of a process and its descendants as they are now, in bytes. */
export function peakRssBytesOf(pid: number): number | undefined {
  let total: number | undefined
  for (const member of withDescendants(pid)) {
    const kib = readProc(`${member}/status`)?.match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
    if (kib !== undefined) total = (total ?? 0) + Number(kib) * 1024
  }
  return total
}

/** Returns the pids of all processes that were started with the environment variable `name` set to `value`. */
export function pidsWithMarker(name: string, value: string): readonly number[] {
  const entry = `${name}=${value}`
  let pids: string[]
  try {
    pids = readdirSync('/proc').filter((file) => /^\d+$/.test(file))
  } catch {
    return []
  }
  return pids.filter((pid) => readProc(`${pid}/environ`)?.split('\0').includes(entry)).map(Number)
}
