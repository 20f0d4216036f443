import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type CommandEnd, runCommand, startCommand } from '../../rig/command.ts'
import { createGate, gatedConfig } from '../../rig/gate.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const detached = z.object({ job: z.string(), pid: z.number(), run: z.string(), log: z.string() })
const listed = z.object({ jobDir: z.string(), state: z.string(), pid: z.number().optional() })

/** A folder with a config, an input and a store, and the built command line in it. */
export async function jobsBench() {
  const dir = temporaryDirectory()
  const path = (...names: string[]) => join(dir, ...names)
  writeFileSync(path('reprise.config.mjs'), gatedConfig)
  writeFileSync(path('in.txt'), 'text')
  const gate = await createGate(path('gate'))
  const env = { REPRISE_STORE: path('store') }
  const reprise = (...args: readonly string[]): Promise<CommandEnd> => runCommand(args, { cwd: dir, env })
  const start = (...args: readonly string[]) => startCommand(args, { cwd: dir, env })
  const gated = ['run', 'gated', 'in.txt', '--job', 'job'] as const
  return {
    path,
    gate,
    reprise,
    start,
    gated,
    waiting: [...gated, '-p', `gate=${gate.path}`],
    /** Starts a run in the background; it is killed when the test ends before it. */
    async detach(...args: readonly string[]) {
      const end = await reprise(...args, '--detach', '--json')
      if (end.exitCode !== 0) throw new Error(`the run could not be detached: ${end.stderr}`)
      const told = detached.parse(JSON.parse(end.stdout))
      onTestFinished(() => kill(told.pid))
      return told
    },
    /** Returns the jobs as `jobs list --json` shows them. */
    async jobs(...args: readonly string[]) {
      const { stdout } = await reprise('jobs', 'list', '--json', ...args)
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => listed.parse(JSON.parse(line)))
    },
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Returns whether a process is there and is no zombie. */
export function isAlive(pid: number, readStat: (pid: number) => string): boolean {
  try {
    const stat = readStat(pid)
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  } catch {
    return false
  }
}
