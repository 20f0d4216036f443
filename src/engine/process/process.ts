import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { jobMark, jobMarker } from './left-programs.ts'
import { memoryKillCount } from './memory-kills.ts'
import { pidsWithMarker } from './process-table.ts'
import { ProcessTree, send } from './process-tree.ts'
import { UsageWatch } from './process-usage.ts'
import { exitOf, type ProcessExit, type ProcessOptions, start } from './program.ts'
import { whenThereIsRoom } from './room.ts'
import {
  type AnswerEnd,
  type KeptProcess,
  type Question,
  type StandingProgram,
  StandingPrograms,
} from './standing-programs.ts'
import { Watchdog } from './watchdog.ts'

/** The name of the environment variable by which a run's processes are found, whatever groups they moved to. */
export const runMarker = 'REPRISE_RUN'

/** The name of the environment variable by which a run's programs are found that stay between steps. */
export const stayingMarker = 'REPRISE_STAYS'

/** The name of the environment variable by which the processes of one program are found. */
const programMarker = 'REPRISE_PROGRAM'

export interface SupervisorOptions {
  readonly jobDir?: string
  /** What the watchdog writes to stderr when this process ends before the run does. */
  readonly crashNotice?: string
  /** Tells how many processes the kernel has killed for want of memory. */
  readonly memoryKills?: () => number
}

const endLookMs = 10
const endLooks = 300

/**
 * Starts processes, each in a group of its own, and ensures that none outlives the run: not after a cancel,
 * and not after the runner's own death by SIGKILL, for which a small shell waits on a pipe from the runner.
 */
export class ProcessSupervisor {
  readonly #run: string
  readonly #memoryKills: () => number
  readonly #jobDir: string | undefined
  readonly #watchdog: Watchdog
  readonly #standing = new StandingPrograms((options) => this.#keep(options))
  #count = 0
  #marks: Readonly<Record<string, string>> | undefined

  constructor(run: string, { jobDir, crashNotice = '', memoryKills = memoryKillCount }: SupervisorOptions = {}) {
    this.#run = run
    this.#jobDir = jobDir
    this.#watchdog = new Watchdog(runMarker, run, crashNotice)
    this.#memoryKills = memoryKills
  }

  /** Runs a program to its end, when there is room for it. Rejects with `SpawnError` when it cannot be started. */
  run(options: ProcessOptions): Promise<ProcessExit> {
    return whenThereIsRoom(() => this.#start(options), options.signal)
  }

  /**
   * Asks a program that stays: one that has answered an earlier question, or else a new one. Rejects with `SpawnError` when
   * it cannot be started.
   */
  ask(program: StandingProgram, question: Question): Promise<AnswerEnd> {
    return this.#standing.ask(program, question)
  }

  #keep(options: ProcessOptions): Promise<KeptProcess> {
    const env = { ...options.env, [stayingMarker]: this.#run }
    const started = () =>
      new Promise<KeptProcess>((resolve, reject) => {
        const exit = this.#start({ ...options, env, keepsStdin: true }, (child, usage) => {
          const { stdin } = child
          if (stdin !== null) child.once('spawn', () => resolve({ stdin, exit, use: () => usage.soFar() }))
        })
        exit.catch(reject)
      })
    // The room that it takes is free again when it has ended, and not only when its run has.
    return whenThereIsRoom(started, options.signal)
  }

  async #start(
    options: ProcessOptions,
    onChild?: (child: ChildProcess, usage: UsageWatch) => void,
  ): Promise<ProcessExit> {
    this.#watchdog.start()
    this.#marks ??= {
      [runMarker]: this.#run,
      ...(this.#jobDir === undefined ? {} : { [jobMarker]: jobMark(this.#jobDir) }),
    }
    const killsBefore = this.#memoryKills()
    this.#count += 1
    const mark = `${this.#run}.${this.#count}`
    const usage = new UsageWatch()
    const child = start(options, { ...options.env, ...this.#marks, [programMarker]: mark }, usage)
    onChild?.(child, usage)
    const group = child.pid
    if (group !== undefined) {
      this.#watchdog.report(`+${group}`)
      usage.started(group)
    }
    const tree = group === undefined ? undefined : new ProcessTree(group, `${programMarker}=${mark}`)
    try {
      const exit = await exitOf({ child, tree, usage }, options)
      // A shell reports a program killed by signal 9 as exit code 128 + 9.
      const isKilled = exit.signal === 'SIGKILL' || exit.exitCode === 137
      return { ...exit, killedForMemory: isKilled && this.#memoryKills() > killsBefore }
    } finally {
      if (group !== undefined) this.#watchdog.report(`-${group}`)
    }
  }

  /** Kills every process of the run that is still alive, and ends the watchdog. Called once, when the run is over. */
  async end(): Promise<void> {
    await this.#standing.end()
    if (!this.#watchdog.isStarted) return
    for (let look = 0; look < endLooks; look++) {
      const left = pidsWithMarker(runMarker, this.#run)
      if (left.length === 0) break
      for (const pid of left) send(pid, 'SIGKILL')
      await delay(endLookMs)
    }
    await this.#watchdog.end()
  }
}
