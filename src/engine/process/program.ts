import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cancellation } from '../system/cancellation.ts'
import { ProcessEnding } from './process-ending.ts'
import { collect, eachLine, type OnLine, tail } from './process-output.ts'
import type { ProcessTree } from './process-tree.ts'
import type { ProcessUse, UsageWatch } from './process-usage.ts'

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

export type Exit = Omit<ProcessExit, 'killedForMemory'>

export interface ProcessOptions extends Cancellation {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** An open file; without it, standard input is empty. */
  readonly stdinFile?: number
  /** Whether standard input is a pipe that stays open instead. */
  readonly keepsStdin?: boolean
  /** If given, standard output is passed on line by line and not collected. */
  readonly onStdoutLine?: OnLine
  /** If given, standard output is passed on as it comes and not collected. */
  readonly onStdoutBytes?: (bytes: Buffer) => void
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

/** Starts a program in a group of its own. */
export function start(options: ProcessOptions, env: Readonly<Record<string, string>>, usage: UsageWatch): ChildProcess {
  const { command, args, cwd, stdinFile = 'ignore', keepsStdin = false } = options
  try {
    return childProcesses().spawn(command, args, {
      cwd,
      env,
      detached: true,
      shell: false,
      stdio: [keepsStdin ? 'pipe' : stdinFile, 'pipe', 'pipe'],
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

export interface Running {
  readonly child: ChildProcess
  readonly tree: ProcessTree | undefined
  readonly usage: UsageWatch
}

/** Resolves with how a program ended, when it and all that it has left in its group are gone. */
export async function exitOf({ child, tree, usage }: Running, options: ProcessOptions): Promise<Exit> {
  const { onStdoutLine, onStdoutBytes, onStderrLine, onFinalStderrLine, maxStdoutBytes = stdoutMaxBytes } = options
  if (onStdoutLine !== undefined)
    eachLine(child.stdout, { onLine: onStdoutLine, maxBytes: stdoutLineBytes, isCutAtOnce: true })
  if (onStdoutBytes !== undefined) child.stdout?.on('data', onStdoutBytes)
  const isPassedOn = onStdoutLine !== undefined || onStdoutBytes !== undefined
  const stdout = isPassedOn ? undefined : collect(child.stdout, maxStdoutBytes)
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
