import { readFileSync } from 'node:fs'

/** Returns the text of a system file, or undefined if it does not exist. */
export type ReadSystemFile = (path: string) => string | undefined

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Returns how many processes the kernel's out-of-memory killer has killed: of this control group (version 2 or 1,
 * as docs of the kernel's `memory.events` and `memory.oom_control` have it) and of the whole machine (`vmstat`).
 * If it grew, a process that was killed meanwhile was killed for that. Always 0 if the system does not tell.
 */
export function memoryKillCount(read: ReadSystemFile = readSystemFile): number {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = line.match(/^\d+:([^:]*):(\/.*)$/) ?? []
    if (path === undefined) return []
    if (controllers === '') return [`/sys/fs/cgroup${path}/memory.events`]
    return controllers?.split(',').includes('memory') ? [`/sys/fs/cgroup/memory${path}/memory.oom_control`] : []
  })
  const counts = [...groups, '/proc/vmstat'].map((file) => Number(read(file)?.match(/^oom_kill (\d+)$/m)?.[1] ?? 0))
  return counts.reduce((sum, count) => sum + count, 0)
}
