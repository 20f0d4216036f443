import { readdirSync, readFileSync } from 'node:fs'

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** The processes whose command lines name a job's directory; the command line of a tool names its workspace. */
export function processesOfJob(jobDir: string) {
  const alive = () =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(`${jobDir}/.work`))
  return {
    alive,
    /** Resolves when there are none; the test's own time limit is the limit. */
    async gone(): Promise<void> {
      while (alive().length > 0) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
