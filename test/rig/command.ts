import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Event } from '../../src/core/index.ts'
import { expectSchema } from './event-schema.ts'

const root = resolve(import.meta.dirname, '../..')

/** The built command line; `REPRISE_TEST_COMMAND` names another build of it. */
export const commandPath = resolve(root, process.env.REPRISE_TEST_COMMAND ?? 'dist/cli.cjs')

/** Returns the URL of what programs import from the build: `index`, `store` or `stages`. */
export function doorUrl(door: string): string {
  return pathToFileURL(join(dirname(commandPath), `${door}.js`)).href
}

/** How a command ended, and what it printed. */
export interface CommandEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** How many files it may have open. */
  readonly openFiles?: number
}

/** A command that is running. */
export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<CommandEnd>
  /** Resolves at the first line of standard output that `matches`; rejects when the command ends without one. */
  line(matches: (line: string) => boolean): Promise<string>
}

/** Starts the built command line; it is killed when the test ends before it. */
export function startCommand(args: readonly string[], { cwd, env = {}, openFiles }: CommandOptions): RunningCommand {
  if (!existsSync(commandPath)) throw new Error('dist/cli.cjs is not built: run npm run build')
  const limited = openFiles === undefined ? [] : ['/bin/sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`]
  const [program = '', ...words] = [...limited, process.execPath, commandPath, ...args]
  const child = spawn(program, words, { cwd, env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  const line = (matches: (line: string) => boolean) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = stdout.split('\n').slice(0, -1).find(matches)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`the command ended without the line: ${stdout}\n${stderr}`)), reject)
    })
  return { child, ended, line }
}

/** Runs the built command line to its end. */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  return startCommand(args, options).ended
}

/** Runs a program to its end and returns what it printed; a failure of it fails the test. */
export function runProgram(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    let errors = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString()
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString()
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(`${program}: ${errors}`))))
  })
}

/** Returns the events that a command printed under `--json`. */
export function eventsOf(stdout: string): readonly Event[] {
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event)
  expectSchema(events)
  return events
}

/** Returns the ids of the steps that were executed, sorted. */
export function executedSteps(stdout: string): readonly string[] {
  return eventsOf(stdout)
    .flatMap((event) => (event.event === 'stage_running' ? [event.stage] : []))
    .sort()
}
