import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { memoryKillCount } from './memory-kills.ts'
import { peakRssBytesOf, pidsWithMarker } from './process-table.ts'

/** How a process ended, and what it printed. */
export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  /** The last 4 KiB of standard error. */
  readonly stderrTail: string
  readonly peakRssBytes?: number
  /** Whether the kernel killed it because no memory was left. */
  readonly killedForMemory: boolean
}

export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** When given, standard output is handed out line by line and not collected. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
  /** When aborted, the whole group is sent TERM, and KILL after the grace. */
  readonly signal?: AbortSignal
  /** When aborted, the whole group is sent KILL at once. */
  readonly killSignal?: AbortSignal
  readonly killGraceMs?: number
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

/** What the process that watches over a run's processes calls itself. */
export const watchdogName = 'reprise-watchdog'

/** The name of the environment variable by which a run's processes are found, whatever groups they moved to. */
export const runMarker = 'REPRISE_RUN'

/** The shell that outlives the runner, and its end. */
interface Watchdog {
  readonly shell: ChildProcess
  readonly ended: Promise<void>
}

const stderrTailBytes = 4096
const rssSampleIntervalMs = 200

/**
 * Starts processes, each in a group of its own, and sees to it that none outlives the run: not after a cancel,
 * and not after the runner's own death by SIGKILL, for which a small shell waits on a pipe from the runner.
 */
export class ProcessSupervisor {
  readonly #run: string
  readonly #memoryKills: () => number
  #watchdog: Watchdog | undefined

  /** `memoryKills` tells how many processes the kernel has killed for want of memory. */
  constructor(run: string, memoryKills: () => number = memoryKillCount) {
    this.#run = run
    this.#memoryKills = memoryKills
  }

  /** Runs a program to its end. Rejects with `SpawnError` when it cannot be started. */
  async run(options: ProcessOptions): Promise<ProcessExit> {
    this.#watch()
    const killsBefore = this.#memoryKills()
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...options.env, [runMarker]: this.#run },
      detached: true,
      shell: false,
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const group = child.pid
    if (group !== undefined) this.#tell(`+${group}`)
    try {
      const exit = await exitOf(child, options)
      // A shell says of a program that was killed with 9 that it ended with 128 + 9.
      const isKilled = exit.signal === 'SIGKILL' || exit.exitCode === 137
      return { ...exit, killedForMemory: isKilled && this.#memoryKills() > killsBefore }
    } finally {
      if (group !== undefined) this.#tell(`-${group}`)
    }
  }

  /** Kills whatever of the run is still alive, and ends the watch. Called once, when the run is over. */
  async end(): Promise<void> {
    const watchdog = this.#watchdog
    if (watchdog === undefined) return
    for (const pid of pidsWithMarker(runMarker, this.#run)) kill(pid, 'SIGKILL')
    this.#watchdog = undefined
    // It does not keep a program alive while it watches, and now it is waited for.
    watchdog.shell.ref()
    watchdog.shell.stdin?.end()
    await watchdog.ended
  }

  #watch(): void {
    if (this.#watchdog !== undefined) return
    const shell = spawn('/bin/sh', ['-c', watchdogScript, watchdogName, runMarker, this.#run], {
      detached: true,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = new Promise<void>((resolve) => {
      shell.once('close', () => resolve())
      shell.on('error', () => resolve())
    })
    shell.stdin?.on('error', () => {})
    shell.unref()
    this.#watchdog = { shell, ended }
  }

  #tell(line: string): void {
    this.#watchdog?.shell.stdin?.write(`${line}\n`)
  }
}

/** A program that was started to outlive the one that started it. */
export interface DetachedProcess {
  readonly pid: number
  /** Resolves with the first message that the program sends, or with how it ended when it sends none. */
  readonly firstWord: Promise<
    | { readonly kind: 'message'; readonly message: unknown }
    | { readonly kind: 'ended'; readonly exitCode: number | null }
  >
  terminate(): void
  /** Lets go of the program, which goes on by itself. */
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
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', outputFile, outputFile, 'ipc'],
  })
  const firstWord = new Promise<Awaited<DetachedProcess['firstWord']>>((resolve) => {
    child.once('message', (message: unknown) => resolve({ kind: 'message', message }))
    // A message may still be under way when the program has ended: the channel's end comes after it.
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
        terminate: () => kill(pid, 'SIGTERM'),
        release: () => {
          if (child.connected) child.disconnect()
          child.unref()
        },
      })
    })
  })
}

/** Reads which groups are alive; when the pipe closes, kills them and every process that carries the run's mark. */
const watchdogScript = `
groups=' '
while IFS= read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) gone=" \${line#-} "; case $groups in *"$gone"*) groups="\${groups%%"$gone"*} \${groups#*"$gone"}" ;; esac ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done
for pass in 1 2; do
  for entry in /proc/[0-9]*; do
    grep -qsz "^$1=$2$" "$entry/environ" && kill -KILL "\${entry#/proc/}"
  done
done
`

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already, which is what was wanted.
  }
}

function exitOf(child: ChildProcess, options: ProcessOptions): Promise<Omit<ProcessExit, 'killedForMemory'>> {
  return new Promise((resolve, reject) => {
    const stdout = collect(child.stdout, options.onStdoutLine)
    const stderr = tail(child.stderr, options.onStderrLine)
    const unbind = bindCancellation(child, options)
    let peakRssBytes: number | undefined
    const sample = () => {
      if (child.pid === undefined) return
      const bytes = peakRssBytesOf(child.pid)
      if (bytes !== undefined) peakRssBytes = Math.max(peakRssBytes ?? 0, bytes)
    }
    const sampler = setInterval(sample, rssSampleIntervalMs)
    sampler.unref()
    child.once('spawn', sample)
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearInterval(sampler)
      unbind()
      reject(new SpawnError(options.command, error.code ?? 'unknown'))
    })
    // Grandchildren may hold the pipes open: they are ended with the one that was asked for.
    child.once('exit', () => {
      if (child.pid !== undefined) kill(-child.pid, 'SIGKILL')
    })
    child.once('close', (exitCode, signal) => {
      clearInterval(sampler)
      unbind()
      resolve({
        exitCode,
        signal,
        stdout: stdout(),
        stderrTail: stderr(),
        ...(peakRssBytes === undefined ? {} : { peakRssBytes }),
      })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.stdin)
  })
}

function collect(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  if (stream === null) return () => ''
  if (onLine !== undefined) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
    return () => ''
  }
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

function tail(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  if (stream === null) return () => ''
  let kept = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-stderrTailBytes)
  })
  if (onLine !== undefined) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
  return () => kept.toString('utf8')
}

/** Sends TERM to the group when the signal is aborted, then KILL; returns a function that stops listening. */
function bindCancellation(child: ChildProcess, options: ProcessOptions): () => void {
  let timer: NodeJS.Timeout | undefined
  const toGroup = (name: NodeJS.Signals) => {
    if (child.pid !== undefined) kill(-child.pid, name)
  }
  const killNow = () => toGroup('SIGKILL')
  const cancel = () => {
    toGroup('SIGTERM')
    // A stopped process would not see TERM.
    toGroup('SIGCONT')
    timer = setTimeout(killNow, options.killGraceMs ?? 5000)
  }
  const { signal, killSignal } = options
  if (killSignal?.aborted) killNow()
  else if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  killSignal?.addEventListener('abort', killNow, { once: true })
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
    killSignal?.removeEventListener('abort', killNow)
  }
}
