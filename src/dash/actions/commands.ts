import PQueue from 'p-queue'
import type { Result } from '../../../store/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { detachRun } from '../../engine/index.ts'
import { ProcessSupervisor } from '../../engine/process/process.ts'
import { printableLines } from '../../report/text/printable.ts'

/** How commands are called, and where. */
export interface Calling {
  readonly program: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly storeDir: string
  /** The store as it was named for the dashboard, where it was. */
  readonly storeFlag?: string
}

const atOnceMax = 3
const waitingMax = 24
const timeLimitMs = 120_000

const unwanted = { ok: false, error: 'nobody waits for the answer any more' } as const

/**
 * Runs commands of Reprise as processes of their own, from a list of words and never by a shell. So a config's code is
 * never in the dashboard, and a run continues when the dashboard is closed.
 */
export class Commands {
  readonly #calling: Calling
  readonly #supervisor: ProcessSupervisor
  readonly #queue = new PQueue({ concurrency: atOnceMax })
  #isClosed = false

  constructor(calling: Calling) {
    this.#calling = calling
    this.#supervisor = new ProcessSupervisor(`dash-${process.pid}`)
  }

  /** Returns a command as a person types it. */
  shown(words: readonly string[]): string {
    const { storeFlag } = this.#calling
    const store = storeFlag === undefined ? [] : ['--store', storeFlag]
    return ['reprise', ...words, ...store].map(shellWord).join(' ')
  }

  /** Runs a command to its end, and returns what it printed, or what it says is wrong. */
  async output(words: readonly string[], signal: AbortSignal): Promise<Result<string, string>> {
    if (this.#queue.size >= waitingMax)
      return { ok: false, error: 'other questions are still being answered; try again' }
    try {
      // One that nobody waits for any more leaves the queue at once.
      return await this.#queue.add(() => this.#run(words, signal), { signal })
    } catch (error) {
      if (signal.aborted) return unwanted
      throw error
    }
  }

  async #run(words: readonly string[], signal: AbortSignal): Promise<Result<string, string>> {
    if (this.#isClosed) return unwanted
    const { program, cwd, env } = this.#calling
    const [command, ...before] = program
    const exit = await this.#supervisor.run({
      command,
      args: [...before, ...words],
      cwd,
      env: definedOf(env),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs)]),
    })
    if (exit.exitCode === 0) return { ok: true, value: exit.stdout }
    return { ok: false, error: saidBy(exit.stderrTail) }
  }

  /** Starts a run in the background; it belongs to nobody, and the dashboard may end before it. */
  async start(jobDir: string, words: readonly string[]): Promise<Result<{ readonly pid: number }, string>> {
    const { program, cwd, env, storeDir } = this.#calling
    const [command, ...before] = program
    const args = [...before, ...words, '--store', storeDir]
    const end = await detachRun({ jobDir, command, args, cwd, env: { ...env } })
    switch (end.kind) {
      case 'taken':
        return { ok: true, value: { pid: end.pid } }
      case 'ended':
        return { ok: false, error: saidBy(end.output) || 'the run ended before it began' }
      case 'failed':
        return { ok: false, error: 'the run could not be started' }
      default:
        return end satisfies never
    }
  }

  get storeDir(): string {
    return this.#calling.storeDir
  }

  /** Ends the commands that run; those that wait for them are not begun. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#supervisor.end()
  }
}

function saidBy(output: string): string {
  return printableLines(output)
    .map((line) => line.replace(/^reprise(?: [\w-]+)*: /, ''))
    .join('\n')
}

function definedOf(env: Calling['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
