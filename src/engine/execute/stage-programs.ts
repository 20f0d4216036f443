import { AsyncResource } from 'node:async_hooks'
import { closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  type AskOptions,
  type ExecOptions,
  type ExecResult,
  type Failure,
  StageFailure,
  type Tool,
  type ToolIdentity,
} from '../../core/index.ts'
import { baseEnvironment, presentIn } from '../key/environment.ts'
import type { OnLine } from '../process/process-output.ts'
import type { ProcessUse } from '../process/process-usage.ts'
import {
  type ProcessExit,
  type ProcessOptions,
  SpawnError,
  stdoutLineBytes,
  stdoutMaxBytes,
} from '../process/program.ts'
import { openStdinFile } from '../process/stdin-file.ts'
import { cutLine } from '../system/cut-line.ts'
import type { Execution } from './execution.ts'
import type { ExecutionRequest } from './executor.ts'
import { commandLine } from './programs/command-line.ts'
import { LastLines } from './programs/last-lines.ts'
import { LineCalls } from './programs/line-calls.ts'
import {
  endedUnasked,
  endedWrongly,
  type ProgramPlace,
  refused,
  tooMuch,
  unstartable,
} from './programs/program-failures.ts'
import { outsideOfStages } from './stage-guard.ts'

/** What the programs of one execution have used so far. */
export type MutableUse = { -readonly [Name in keyof ProcessUse]: ProcessUse[Name] }

/** Returns the failure of a step whose device is out of memory. */
export function outOfMemory({ step, action }: ExecutionRequest, message: string): Failure {
  return { kind: 'device-out-of-memory', step, device: action.device, message }
}

type LineOptions = Pick<ExecOptions, 'onStdoutLine' | 'onStderrLine'>

/** One call of a program: how it is started, and who hears it. */
interface ProgramCall {
  readonly start: Pick<ProcessOptions, 'command' | 'args' | 'env' | 'killGraceMs' | 'killSignal'>
  readonly identity: ToolIdentity
  readonly heard: { readonly onFinalStderrLine: OnLine; readonly onStdoutLine?: OnLine; readonly onStderrLine?: OnLine }
  readonly printed: LastLines
  /** Aborted when the program is to end. */
  readonly stopped: AbortSignal
  /** Writes the command into the step's log. */
  tell(): void
  /** Throws why the program was ended, where it was. */
  throwIfStopped(): void
}

/** How long a program that stays waits for the next question. */
const defaultIdleMs = 30_000

/** The programs that a stage starts: none outlives the stage, also where the stage does not wait for it. */
export class StagePrograms {
  readonly #execution: Execution
  readonly #use: MutableUse
  readonly #running = new Set<Promise<unknown>>()
  #stop: AbortController | undefined
  #isEnded = false

  constructor(execution: Execution, use: MutableUse) {
    this.#execution = execution
    this.#use = use
  }

  /** Runs a program, as `StageContext.exec` says. */
  exec(tool: Tool, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.#added(this.#run(tool, args, options))
  }

  /** Asks a program that stays, as `StageContext.ask` says. */
  ask(tool: Tool, args: readonly string[], question: unknown, options: AskOptions = {}): Promise<unknown> {
    return this.#added(this.#ask(tool, args, question, bound(options)))
  }

  #added<Value>(started: Promise<Value>): Promise<Value> {
    // Whoever awaits nothing of what is returned here is told of its failure by the stage's guard.
    const running: Promise<Value> = started.finally(() => this.#running.delete(running))
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
    const { workspace, supervisor, signal } = this.#execution
    const { stdin } = options
    const call = this.#call(tool, args, options)
    const stdinFile = stdin === undefined ? undefined : openStdinFile(workspace.tempDir, stdin)
    call.tell()
    try {
      const exit = await supervisor.run({
        ...call.start,
        cwd: workspace.outDir,
        env: { ...call.start.env, TMPDIR: workspace.tempDir, ...options.env },
        signal: call.stopped,
        ...(stdinFile === undefined ? {} : { stdinFile }),
        ...call.heard,
      })
      addUse(this.#use, exit)
      signal.throwIfAborted()
      call.throwIfStopped()
      return this.#resultOf(tool, exit, options, call.printed)
    } catch (error) {
      throw error instanceof SpawnError ? new StageFailure(unstartable(this.#place, tool, error, args)) : error
    } finally {
      if (stdinFile !== undefined) closeSync(stdinFile)
    }
  }

  async #ask(tool: Tool, args: readonly string[], question: unknown, options: AskOptions): Promise<unknown> {
    const { supervisor, signal, timing, watch, hide } = this.#execution
    const text: string | undefined = JSON.stringify(question)
    if (text === undefined) throw new TypeError(`a question for ${tool.name} is not JSON`)
    const call = this.#call(tool, args, { ...options, onStdoutLine: options.onStdoutLine ?? (() => {}) })
    try {
      // What is asked again belongs to no step.
      const end = await outsideOfStages(() =>
        supervisor.ask(
          {
            ...call.start,
            env: { ...call.start.env, TMPDIR: tmpdir() },
            identity: JSON.stringify(call.identity),
          },
          {
            text,
            signal: call.stopped,
            idleMs: options.idleMs ?? defaultIdleMs,
            timing,
            onProgram: (isNew) => {
              if (isNew) call.tell()
              else watch.onToolLine(`${tool.name} is running already`)
              watch.onToolLine(`< ${cutLine(hide(text))}`)
            },
            onStdoutLine: () => {},
            onStderrLine: () => {},
            ...call.heard,
          },
        ),
      )
      addUse(this.#use, end.use)
      signal.throwIfAborted()
      call.throwIfStopped()
      if (end.kind === 'answered') return end.answer
      if (end.kind === 'ended') throw new StageFailure(endedUnasked(this.#place, tool, end.exit, call.printed))
      throw new StageFailure(refused(this.#place, tool, end.message))
    } catch (error) {
      throw error instanceof SpawnError ? new StageFailure(unstartable(this.#place, tool, error, args)) : error
    }
  }

  /** Returns how a program is started and heard; throws where the stage may not call it. */
  #call(tool: Tool, args: readonly string[], { onStdoutLine, onStderrLine }: LineOptions): ProgramCall {
    const { request, stage, signal, tools, watch, hide, killSignal } = this.#execution
    const { action, gpus, limits } = request
    const probed = tools.get(tool.name)
    if (probed === undefined)
      throw new TypeError(`the stage '${stage.name}' runs '${tool.name}', which it does not declare in its tools`)
    refuseForeign(tool, args)
    signal.throwIfAborted()
    if (this.#isEnded) throw new Error(`the stage had ended when it called for ${tool.name}`)
    this.#stop ??= new AbortController()
    const stop = this.#stop.signal
    const lines = new LineCalls()
    const printed = new LastLines()
    const heard = {
      ...(onStdoutLine && {
        onStdoutLine: lines.guard((line, leftOutBytes) => {
          if (leftOutBytes > 0) throw new StageFailure(tooMuch(request.step, tool, stdoutLineBytes, 'in one line'))
          onStdoutLine(line)
        }),
      }),
      ...(onStderrLine && { onStderrLine: lines.guard((line) => onStderrLine(line)) }),
      onFinalStderrLine: (line: string, leftOutBytes: number) => {
        watch.onToolLine(cutLine(hide(line), leftOutBytes))
        printed.onLine(line)
      },
    }
    return {
      heard,
      printed,
      identity: probed.identity,
      start: {
        command: probed.path,
        args,
        env: {
          ...baseEnvironment(),
          ...presentIn(action.env ?? {}),
          ...(gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
        },
        killGraceMs: limits.killGraceMs,
        ...(killSignal === undefined ? {} : { killSignal }),
      },
      stopped: AbortSignal.any([signal, stop, lines.failed]),
      tell: () => watch.onToolLine(commandLine([tool.command, ...args], hide)),
      throwIfStopped: () => {
        lines.throwIfFailed()
        stop.throwIfAborted()
      },
    }
  }

  get #place(): ProgramPlace {
    const { request, workspace, hide } = this.#execution
    return {
      step: request.step,
      outDir: workspace.outDir,
      hide,
      outOfMemory: (message) => outOfMemory(request, message),
    }
  }

  #resultOf(tool: Tool, exit: ProcessExit, options: ExecOptions, printed: LastLines): ExecResult {
    const { exitCode, stdout, stderrTail } = exit
    if (exit.isStdoutCut) throw new StageFailure(tooMuch(this.#place.step, tool, stdoutMaxBytes, 'to standard output'))
    if (exitCode !== null && (options.okExitCodes ?? [0]).includes(exitCode)) return { exitCode, stdout, stderrTail }
    throw new StageFailure(endedWrongly(this.#place, tool, exit, printed))
  }
}

/** Without types, a stage may pass anything, which the program would get as the text 'undefined'. */
function refuseForeign({ name }: Tool, args: readonly unknown[]): void {
  const wrong = args.findIndex((word) => typeof word !== 'string' && typeof word !== 'number')
  if (wrong !== -1)
    throw new TypeError(`argument ${wrong + 1} for ${name} is neither text nor a number: ${args[wrong]}`)
}

/** Has a stage's functions called as the stage's own, by a program that another step started. */
function bound({ onStdoutLine, onStderrLine, ...rest }: AskOptions): AskOptions {
  return {
    ...rest,
    ...(onStdoutLine && { onStdoutLine: AsyncResource.bind(onStdoutLine) }),
    ...(onStderrLine && { onStderrLine: AsyncResource.bind(onStderrLine) }),
  }
}

/** Several programs of one step count one after the other, as they mostly run. */
function addUse(use: MutableUse, { peakRssBytes, cpuTimeMs }: ProcessUse): void {
  if (peakRssBytes !== undefined) use.peakRssBytes = Math.max(use.peakRssBytes ?? 0, peakRssBytes)
  if (cpuTimeMs !== undefined) use.cpuTimeMs = (use.cpuTimeMs ?? 0) + cpuTimeMs
}
