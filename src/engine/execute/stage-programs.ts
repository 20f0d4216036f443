import { closeSync, existsSync } from 'node:fs'
import {
  type ExecOptions,
  type ExecResult,
  type Failure,
  StageFailure,
  saysOutOfMemory,
  type Tool,
} from '../../core/index.ts'
import { baseEnvironment, presentIn } from '../key/environment.ts'
import { type ProcessExit, SpawnError, stdoutLineBytes, stdoutMaxBytes } from '../process/process.ts'
import type { OnLine } from '../process/process-output.ts'
import type { ProcessUse } from '../process/process-usage.ts'
import { openStdinFile } from '../process/stdin-file.ts'
import { cutLine } from '../system/cut-line.ts'
import type { Execution } from './execution.ts'
import type { ExecutionRequest } from './executor.ts'

/** What the programs of one execution have used so far. */
export type MutableUse = { -readonly [Name in keyof ProcessUse]: ProcessUse[Name] }

/** Returns the failure of a step whose device is out of memory. */
export function outOfMemory({ step, action }: ExecutionRequest, message: string): Failure {
  return { kind: 'device-out-of-memory', step, device: action.device, message }
}

/** The programs that a stage starts: none outlives the stage, also where the stage does not wait for it. */
export class StagePrograms {
  readonly #execution: Execution
  readonly #use: MutableUse
  readonly #running = new Set<Promise<ExecResult>>()
  #stop: AbortController | undefined
  #isEnded = false

  constructor(execution: Execution, use: MutableUse) {
    this.#execution = execution
    this.#use = use
  }

  /** Runs a program, as `StageContext.exec` says. */
  exec(tool: Tool, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    // Whoever awaits nothing of what is returned here is told of its failure by the stage's guard.
    const running: Promise<ExecResult> = this.#run(tool, args, options).finally(() => this.#running.delete(running))
    this.#running.add(running)
    return running
  }

  /** Ends the programs that are still running, and starts no more. Returns whether there were any. */
  async end(): Promise<boolean> {
    this.#isEnded = true
    if (this.#running.size === 0) return false
    this.#stop?.abort(new Error('the stage has ended'))
    await Promise.allSettled(this.#running)
    return true
  }

  async #run(tool: Tool, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const { request, stage, workspace, watch, signal, tools, hide } = this.#execution
    const probed = tools.get(tool.name)
    if (probed === undefined)
      throw new TypeError(`the stage '${stage.name}' runs '${tool.name}', which it does not declare in its tools`)
    refuseForeign(tool, args)
    signal.throwIfAborted()
    if (this.#isEnded) throw new Error(`the stage had ended when it called for ${tool.name}`)
    this.#stop ??= new AbortController()
    const lines = new LineCalls()
    const stopped = AbortSignal.any([signal, this.#stop.signal, lines.failed])
    const { stdin, onStdoutLine, onStderrLine } = options
    const printed = new LastLines()
    const stdinFile = stdin === undefined ? undefined : openStdinFile(workspace.tempDir, stdin)
    watch.onToolLine(`$ ${[tool.command, ...args].map((word) => JSON.stringify(word)).join(' ')}`)
    try {
      const exit = await this.#start(probed.path, args, {
        signal: stopped,
        env: options.env,
        stdinFile,
        onStdoutLine:
          onStdoutLine &&
          lines.guard((line, leftOutBytes) => {
            if (leftOutBytes > 0) throw new StageFailure(tooMuch(request.step, tool, stdoutLineBytes, 'in one line'))
            onStdoutLine(line)
          }),
        onStderrLine: onStderrLine && lines.guard((line) => onStderrLine(line)),
        onFinalStderrLine: (line, leftOutBytes) => {
          watch.onToolLine(cutLine(hide(line), leftOutBytes))
          printed.onLine(line)
        },
      })
      addUse(this.#use, exit)
      signal.throwIfAborted()
      lines.throwIfFailed()
      this.#stop.signal.throwIfAborted()
      return this.#resultOf(tool, exit, options, printed)
    } catch (error) {
      throw error instanceof SpawnError ? new StageFailure(unstartable(this.#execution, tool, error, args)) : error
    } finally {
      if (stdinFile !== undefined) closeSync(stdinFile)
    }
  }

  #start(
    command: string,
    args: readonly string[],
    {
      signal,
      env,
      stdinFile,
      onStdoutLine,
      onStderrLine,
      onFinalStderrLine,
    }: {
      readonly signal: AbortSignal
      readonly env: ExecOptions['env']
      readonly stdinFile: number | undefined
      readonly onStdoutLine: OnLine | undefined
      readonly onStderrLine: OnLine | undefined
      readonly onFinalStderrLine: OnLine
    },
  ): Promise<ProcessExit> {
    const { request, workspace, supervisor, killSignal } = this.#execution
    const { action, gpus, limits } = request
    return supervisor.run({
      command,
      args,
      cwd: workspace.outDir,
      env: {
        ...baseEnvironment(),
        ...presentIn(action.env ?? {}),
        ...(gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
        TMPDIR: workspace.tempDir,
        ...env,
      },
      signal,
      killGraceMs: limits.killGraceMs,
      ...(killSignal === undefined ? {} : { killSignal }),
      ...(stdinFile === undefined ? {} : { stdinFile }),
      ...(onStdoutLine === undefined ? {} : { onStdoutLine }),
      ...(onStderrLine === undefined ? {} : { onStderrLine }),
      onFinalStderrLine,
    })
  }

  #resultOf(tool: Tool, exit: ProcessExit, options: ExecOptions, printed: LastLines): ExecResult {
    const { request, workspace, hide } = this.#execution
    const { step } = request
    const { exitCode, stdout, stderrTail } = exit
    if (exit.isStdoutCut) throw new StageFailure(tooMuch(step, tool, stdoutMaxBytes, 'to standard output'))
    if (exitCode !== null && (options.okExitCodes ?? [0]).includes(exitCode)) return { exitCode, stdout, stderrTail }
    if (stderrTail.includes('No space left on device')) {
      throw new StageFailure({ kind: 'disk-full', step, path: workspace.outDir })
    }
    const { memoryWord } = printed
    if (memoryWord !== undefined) throw new StageFailure(outOfMemory(request, memoryWord))
    if (exit.killedForMemory) {
      const message = `the system killed ${tool.name}, because it ran out of memory`
      throw new StageFailure(outOfMemory(request, message))
    }
    const ended = { tool: tool.name, exitCode, signal: exit.signal, stderrTail: hide(printed.text).slice(-tailLength) }
    throw new StageFailure({ kind: 'stage-exited', step, ...ended })
  }
}

/** Calls a stage's functions for the lines of one program; where one of them throws, the program is to end. */
class LineCalls {
  readonly #stop = new AbortController()
  #error: { readonly thrown: unknown } | undefined

  /** Aborted when a function has thrown. */
  get failed(): AbortSignal {
    return this.#stop.signal
  }

  /** Returns a function that throws nothing, and is not called any more when another has thrown. */
  guard(onLine: OnLine): OnLine {
    return (...line) => {
      if (this.#error !== undefined) return
      try {
        onLine(...line)
      } catch (thrown) {
        this.#error = { thrown }
        this.#stop.abort()
      }
    }
  }

  /** Throws what a function has thrown. */
  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error.thrown
  }
}

/** Without types, a stage may pass anything, which the program would get as the text 'undefined'. */
function refuseForeign({ name }: Tool, args: readonly unknown[]): void {
  const wrong = args.findIndex((word) => typeof word !== 'string' && typeof word !== 'number')
  if (wrong !== -1)
    throw new TypeError(`argument ${wrong + 1} for ${name} is neither text nor a number: ${args[wrong]}`)
}

function tooMuch(step: string, { name }: Tool, bytes: number, where: string): Failure {
  const message = `${name} printed more than ${bytes / 1024 / 1024} MiB ${where}; have it write to a file, or read its lines with onStdoutLine`
  return { kind: 'stage-failed', step, message }
}

function unstartable(
  { request: { step }, workspace }: Execution,
  tool: Tool,
  { code }: SpawnError,
  args: readonly string[],
): Failure {
  if (code === 'ENOENT' && !existsSync(workspace.outDir)) {
    return {
      kind: 'stage-failed',
      step,
      message: `the stage removed its working directory, in which ${tool.name} starts`,
    }
  }
  if (!missing.includes(code) && code !== 'E2BIG') {
    const message = `${tool.name} cannot be started, because the system has no room for it (${code}); run fewer steps at once with --jobs, or raise the limit of open files or processes`
    return { kind: 'stage-failed', step, message }
  }
  if (code === 'E2BIG') {
    const bytes = args.reduce((sum, word) => sum + Buffer.byteLength(word), 0)
    const message = `${bytes} bytes of arguments for ${tool.name} are more than the system allows; pass them in a file or on standard input`
    return { kind: 'stage-failed', step, message }
  }
  return { kind: 'tool-missing', tool: tool.name, what: `${tool.name} cannot be started (${code})`, install: '' }
}

/** Several programs of one step count one after the other, as they mostly run. */
function addUse(use: MutableUse, { peakRssBytes, cpuTimeMs }: ProcessUse): void {
  if (peakRssBytes !== undefined) use.peakRssBytes = Math.max(use.peakRssBytes ?? 0, peakRssBytes)
  if (cpuTimeMs !== undefined) use.cpuTimeMs = (use.cpuTimeMs ?? 0) + cpuTimeMs
}

/** The errors for a program that is not there, or is none. */
const missing: readonly string[] = ['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'EISDIR', 'ELOOP']
const tailLines = 8
const tailLength = 4096

/** The last whole lines that a program printed: a secret cut in two would not be recognized. */
class LastLines {
  readonly #lines: string[] = []
  /** The first line that reports a lack of memory. */
  memoryWord: string | undefined

  onLine(line: string): void {
    if (this.memoryWord === undefined && saysOutOfMemory(line)) this.memoryWord = line.trim()
    if (line.trim() === '') return
    this.#lines.push(line)
    if (this.#lines.length > tailLines) this.#lines.shift()
  }

  get text(): string {
    return this.#lines.join('\n')
  }
}
