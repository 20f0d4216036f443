import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cancellation } from '../system/cancellation.ts'
import { jobMark, jobMarker } from './left-programs.ts'
import { memoryKillCount } from './memory-kills.ts'
import { ProcessEnding } from './process-ending.ts'
import { collect, eachLine, type OnLine, tail } from './process-output.ts'
import { pidsWithMarker } from './process-table.ts'
import { ProcessTree, send } from './process-tree.ts'
import { type ProcessUse, UsageWatch } from './process-usage.ts'
import { whenThereIsRoom } from './room.ts'
import { Watchdog } from './watchdog.ts'

/** Loaded with the first process: a run with nothing to do starts none. */
const childProcesses = () => process.getBuiltinModule('node:child_process')

/** How a process ended, what it printed, and what it and its descendants used. */
export interface ProcessExit extends ProcessUse {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  /** Whether it printed more to standard output than is kept. */
  readonly isStdoutCut: boolean
  /** The last 4 KiB of standard error. */
  readonly stderrTail: string
  /** Whether the kernel killed it because no memory was left. */
  readonly killedForMemory: boolean
}

type Exit = Omit<ProcessExit, 'killedForMemory'>

export interface ProcessOptions extends Cancellation {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** An open file; without it, standard input is empty. */
  readonly stdinFile?: number
  /** If given, standard output is passed on line by line and not collected. */
  readonly onStdoutLine?: OnLine
  readonly onStderrLine?: OnLine
  /** Called with each line of standard error as it stays, when others have overwritten it. */
  readonly onFinalStderrLine?: OnLine
  /** How much of standard output is collected; a program that prints more loses it. */
  readonly maxStdoutBytes?: number
}

/** The error of a program that could not be started. */
export class SpawnError extends Error {
  readonly code: string

  constructor(command: string, code: string) {
    super(`${command} cannot be started (${code})`)
    this.name = 'SpawnError'
    this.code = code
  }
}

/** The name of the environment variable by which a run's processes are found, whatever groups they moved to. */
export const runMarker = 'REPRISE_RUN'

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

  async #start(options: ProcessOptions): Promise<ProcessExit> {
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

/** A program that was started to outlive the one that started it. */
export interface DetachedProcess {
  readonly pid: number
  /** Resolves with the first message of the program, or with how it ended without one. */
  readonly firstWord: Promise<
    | { readonly kind: 'message'; readonly message: unknown }
    | { readonly kind: 'ended'; readonly exitCode: number | null }
  >
  terminate(): void
  /** Lets go of the program, which keeps running. */
  release(): void
}

/**
 * Starts a program in a session of its own, without a terminal, with its output in an open file.
 * Rejects with `SpawnError` when it cannot be started.
 */
export function spawnDetached(
  options: Pick<ProcessOptions, 'command' | 'args' | 'cwd'> & {
    readonly env: NodeJS.ProcessEnv
    readonly outputFile: number
  },
): Promise<DetachedProcess> {
  const { command, args, cwd, env, outputFile } = options
  const child = childProcesses().spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', outputFile, outputFile, 'ipc'],
  })
  const firstWord = new Promise<Awaited<DetachedProcess['firstWord']>>((resolve) => {
    child.once('message', (message: unknown) => resolve({ kind: 'message', message }))
    // A message may still arrive after the program has ended, before the channel closes.
    const exited = new Promise<number | null>((ended) => child.once('exit', ended))
    child.once('disconnect', () => void exited.then((exitCode) => resolve({ kind: 'ended', exitCode })))
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(new SpawnError(command, error.code ?? 'unknown')))
    child.once('spawn', () => {
      const { pid } = child
      if (pid === undefined) return
      resolve({
        pid,
        firstWord,
        terminate: () => void send(pid, 'SIGTERM'),
        release: () => {
          if (child.connected) child.disconnect()
          child.unref()
        },
      })
    })
  })
}

/** Starts a program whose end and output nobody waits for; one that is not there is no failure. */
export function spawnQuietly(command: string, args: readonly string[]): void {
  const child = childProcesses().spawn(command, args, { detached: true, stdio: 'ignore' })
  child.once('error', () => {})
  child.unref()
}

function start(options: ProcessOptions, env: Readonly<Record<string, string>>, usage: UsageWatch): ChildProcess {
  const { command, args, cwd, stdinFile = 'ignore' } = options
  try {
    return childProcesses().spawn(command, args, {
      cwd,
      env,
      detached: true,
      shell: false,
      stdio: [stdinFile, 'pipe', 'pipe'],
    })
  } catch (error) {
    // For example, the arguments are too long. What Node itself refuses is a bug in the caller.
    void usage.ended()
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERR_UNKNOWN'
    throw code.startsWith('ERR_') ? error : new SpawnError(command, code)
  }
}

/** How long the pipes of an ended program may stay open because another process holds them. */
const pipesOpenMs = 250

/** How much of standard output is collected, and of a line of it. */
export const stdoutMaxBytes = 256 * 1024 * 1024
export const stdoutLineBytes = 16 * 1024 * 1024

interface Running {
  readonly child: ChildProcess
  readonly tree: ProcessTree | undefined
  readonly usage: UsageWatch
}

async function exitOf({ child, tree, usage }: Running, options: ProcessOptions): Promise<Exit> {
  const { onStdoutLine, onStderrLine, onFinalStderrLine, maxStdoutBytes = stdoutMaxBytes } = options
  if (onStdoutLine !== undefined)
    eachLine(child.stdout, { onLine: onStdoutLine, maxBytes: stdoutLineBytes, isCutAtOnce: true })
  const stdout = onStdoutLine === undefined ? collect(child.stdout, maxStdoutBytes) : undefined
  const stderr = tail(child.stderr)
  if (onStderrLine !== undefined || onFinalStderrLine !== undefined) {
    eachLine(child.stderr, { onLine: onStderrLine, onFinalLine: onFinalStderrLine })
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ending = tree === undefined ? undefined : new ProcessEnding(tree, options)
  try {
    const { exitCode, signal, use } = await new Promise<
      Pick<Exit, 'exitCode' | 'signal'> & { use: Promise<ProcessUse> }
    >((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        void usage.ended()
        reject(new SpawnError(options.command, error.code ?? 'unknown'))
      })
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, use: usage.ended() }))
    })
    if (ending?.isAsked === true) await ending.done()
    else tree?.signalGroup('SIGKILL')
    // A process that left the group and holds the pipes open is ended with its program.
    if (!(await isClosedSoon(closed))) await tree?.kill()
    if (!(await isClosedSoon(closed))) for (const stream of [child.stdout, child.stderr]) stream?.destroy()
    await closed
    const { text = '', isCut = false } = stdout?.() ?? {}
    return { exitCode, signal, stdout: text, isStdoutCut: isCut, stderrTail: stderr(), ...(await use) }
  } finally {
    ending?.release()
  }
}

async function isClosedSoon(closed: Promise<void>): Promise<boolean> {
  const stop = new AbortController()
  const late = delay(pipesOpenMs, false, { signal: stop.signal }).catch(() => false)
  const isClosed = await Promise.race([closed.then(() => true), late])
  stop.abort()
  return isClosed
}
