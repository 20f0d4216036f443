import { statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ancestorsOf, pidsWithMarker } from './process-table.ts'
import { send } from './process-tree.ts'

/** The name of the environment variable by which the programs of a job are found by a later run. */
export const jobMarker = 'REPRISE_JOB'

const lookMs = 10
const looks = 300

/** Returns what marks the programs of a job, under whatever path that is reached. */
export function jobMark(jobDir: string): string {
  const { dev, ino } = statSync(jobDir)
  return `${dev}-${ino}`
}

/**
 * Ends the programs that a run of a job has left, whose runner and watchdog were killed together. The caller holds the
 * job, so that no other run has programs there.
 */
export async function endLeftPrograms(jobDir: string): Promise<void> {
  const mark = jobMark(jobDir)
  // A run may be a program of a step itself.
  const own = new Set([process.pid, ...ancestorsOf(process.pid)])
  for (let look = 0; look < looks; look++) {
    const left = pidsWithMarker(jobMarker, mark).filter((pid) => !own.has(pid))
    if (left.length === 0) return
    for (const pid of left) send(pid, 'SIGKILL')
    await delay(lookMs)
  }
}
