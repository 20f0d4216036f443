import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { whyNotRemoved } from '../../engine/system/remove-tree.ts'

const abandonedMs = 3_600_000

/**
 * Makes a directory of this process alone below another one, and removes there what processes have left that were killed: not
 * those of the last hour, since a process of another container may look as if it were not there.
 */
export function makeScratchDirectory(prefix: string, below: string): string {
  for (const name of readdirSync(below)) {
    if (!name.startsWith(prefix)) continue
    const path = join(below, name)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined || stats.uid !== process.getuid?.() || Date.now() - stats.mtimeMs < abandonedMs) continue
    if (!isRunning(Number(/^\d+/.exec(name.slice(prefix.length))?.[0]))) whyNotRemoved(path)
  }
  return mkdtempSync(join(below, `${prefix}${process.pid}-`))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
