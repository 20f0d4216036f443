import type { ChildProcess } from 'node:child_process'
import { watchdogScript } from './watchdog-script.ts'

/** The name of the watchdog process. */
export const watchdogName = 'reprise-watchdog'

/**
 * A small shell that waits on a pipe from the runner, and outlives it: where the runner ends without a word, it kills
 * what the run has started, and says so.
 */
export class Watchdog {
  readonly #args: readonly string[]
  readonly #stderr: 'inherit' | 'ignore'
  #running: { readonly shell: ChildProcess; readonly ended: Promise<void> } | undefined

  /** `marker` and `run` are what the run's processes have in their environment; `notice` is what is said, if anything. */
  constructor(marker: string, run: string, notice: string) {
    this.#args = ['-c', watchdogScript, watchdogName, marker, run, notice]
    this.#stderr = notice === '' ? 'ignore' : 'inherit'
  }

  get isStarted(): boolean {
    return this.#running !== undefined
  }

  start(): void {
    if (this.#running !== undefined) return
    const shell = process.getBuiltinModule('node:child_process').spawn('/bin/sh', this.#args, {
      detached: true,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'ignore', this.#stderr],
    })
    const ended = new Promise<void>((resolve) => {
      shell.once('close', () => resolve())
      shell.on('error', () => {
        // The next program gets another one.
        if (this.#running?.shell === shell) this.#running = undefined
        resolve()
      })
    })
    shell.stdin?.on('error', () => {})
    shell.unref()
    this.#running = { shell, ended }
  }

  /** Tells it that a group of processes began (`+PID`) or ended (`-PID`). */
  report(line: string): void {
    this.#running?.shell.stdin?.write(`${line}\n`)
  }

  /** Ends it, without a word. */
  async end(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    // While it watches it does not keep this process alive; now it is waited for.
    running.shell.ref()
    running.shell.stdin?.end('.\n')
    await running.ended
  }
}
