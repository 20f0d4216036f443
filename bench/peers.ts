import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { AbsentContender, Contender } from './measure.ts'

/** A program's name or path, and its arguments. */
export type Command = readonly [command: string, ...args: string[]]

/** Where a program runs, and what it finds in its environment besides ours. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface ProgramOptions extends RunOptions {
  readonly before?: () => void
  readonly after?: () => void
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Returns whether a program is on PATH. */
export function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Runs a program to its end with its output thrown away; rejects when it fails. */
export function runProgram(command: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    })
    running.add(child)
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      running.delete(child)
      if (code === 0) resolve()
      else reject(new Error(`${command} ended with ${code ?? signal}: ${stderr.trim().slice(-2000)}`))
    })
  })
}

/** Returns the contender that runs these programs one after the other, as whole processes, or says what is not installed. */
export function program(
  name: string,
  commands: readonly Command[],
  { before, after, ...where }: ProgramOptions = {},
): Contender | AbsentContender {
  const missing = commands
    .map(([command]) => command)
    .find((command) => !isInstalled(command) && !command.includes('/'))
  if (missing !== undefined) return { name, absent: `${missing} is not installed` }
  return {
    name,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    async run() {
      for (const [command, ...args] of commands) await runProgram(command, args, where)
    },
  }
}
