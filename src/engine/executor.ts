import { closeSync } from 'node:fs'
import type { Result, Store } from '../../store/index.ts'
import {
  type Action,
  type Device,
  type ExecOptions,
  type ExecResult,
  type Failure,
  type InputDeclarations,
  normalInput,
  type OutputDeclarations,
  type ServiceDeclarations,
  type StageContext,
  StageFailure,
  type Step,
  saysOutOfMemory,
  type Tool,
  violatedContract,
} from '../core/index.ts'
import { Abandonment } from './abandonment.ts'
import { Deadline } from './deadline.ts'
import { baseEnvironment, presentIn } from './environment.ts'
import { tellingOfHold } from './held-program.ts'
import { changedInput, jsonValueAt, type ResolvedInputs } from './inputs.ts'
import { checkedBy, checkOutputs, type StagedOutputs, stageOutputs } from './outputs.ts'
import { type ProcessSupervisor, SpawnError } from './process.ts'
import type { ProcessUse } from './process-usage.ts'
import { runThread } from './stage-thread.ts'
import { openStdinFile } from './stdin-file.ts'
import type { Timing } from './timing.ts'
import type { ProbedTool } from './tool-probe.ts'
import type { Workspace } from './workspace.ts'

/** Everything that one execution needs, and all that it gets. */
export interface Execution {
  readonly step: Pick<Step, 'id' | 'stage' | 'params' | 'policy'>
  readonly inputs: ResolvedInputs
  readonly tools: ReadonlyMap<string, ProbedTool>
  readonly device: Device
  /** The GPUs that the step has, as `CUDA_VISIBLE_DEVICES` names them; empty where none were given out. */
  readonly gpus: readonly string[]
  readonly take: number
  /** The values of the environment that the stage declares. */
  readonly env: NonNullable<Action['env']>
  /** The clients of the services that the stage declares. */
  readonly services: Readonly<Record<string, unknown>>
  readonly workspace: Workspace
  readonly store: Store
  readonly supervisor: ProcessSupervisor
  readonly signal: AbortSignal
  readonly killSignal?: AbortSignal
  readonly killGraceMs: number
  readonly timing: Timing
  readonly onProgress: (fraction: number, note?: string) => void
  readonly onLog: (line: string) => void
  /** Told of what a person should know. */
  readonly onWarning: (line: string) => void
}

/** What one execution cost; `peakRssBytes` and `cpuTimeMs` are of the tools that it ran. */
export interface ExecutionCost extends ProcessUse {
  readonly durationMs: number
}

export interface Executed extends StagedOutputs {
  readonly cost: ExecutionCost
}

/** How an execution ended; a cancelled one leaves nothing behind. */
export type ExecutionEnd =
  | { readonly kind: 'executed'; readonly executed: Executed }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly cost: ExecutionCost }
  | { readonly kind: 'cancelled' }

type StepUse = { -readonly [Name in keyof ProcessUse]: ProcessUse[Name] }

type AnyContext = StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>

/** How long a stage that does not heed its signal is waited for, beyond the grace of its processes. */
const cancelSlackMs = 500

/** Runs a stage in its workspace, checks what it made and stages it for the store. */
export async function execute(execution: Execution): Promise<ExecutionEnd> {
  const started = performance.now()
  const use: StepUse = {}
  const ran = await runInTime(execution, use)
  if (execution.signal.aborted) return { kind: 'cancelled' }
  const cost = { durationMs: Math.round(performance.now() - started), ...use }
  const failed = (failure: Failure): ExecutionEnd => ({ kind: 'failed', failure, cost })
  if (!ran.ok) return failed(ran.error)
  const changed = await changedInput(execution.store, execution.inputs)
  if (changed !== undefined) return failed({ kind: 'input-changed', step: execution.step.id, path: changed })
  const outputs = await stageOutputs(execution)
  if (!outputs.ok) return failed(outputs.error)
  return { kind: 'executed', executed: { ...outputs.value, cost } }
}

/** Runs the stage within the time that its policy gives it. */
async function runInTime(execution: Execution, use: StepUse): Promise<Result<void, Failure>> {
  const { step, signal, timing } = execution
  const timeoutMs = step.policy?.timeoutMs
  if (timeoutMs === undefined) return runStage(execution, use)
  const deadline = new Deadline(signal, timeoutMs, timing)
  try {
    const ran = await runStage({ ...execution, signal: deadline.signal }, use)
    return deadline.isOver ? { ok: false, error: { kind: 'timed-out', step: step.id, timeoutMs } } : ran
  } finally {
    deadline.release()
  }
}

async function runStage(execution: Execution, use: StepUse): Promise<Result<void, Failure>> {
  const { step, workspace, signal } = execution
  const values = inputValues(execution)
  if (!values.ok) return values
  const log = (line: string) => {
    workspace.log.write(line)
    execution.onLog(line)
  }
  const fail: AnyContext['fail'] = (message, options) => {
    throw new StageFailure({ kind: 'stage-failed', step: step.id, message, ...options })
  }
  const abandoned = new Abandonment(signal, execution.killGraceMs + cancelSlackMs)
  try {
    const running = runAndCheck(execution, {
      inputs: values.value,
      params: step.params,
      outputs: workspace.outputPaths,
      get tempDir() {
        return workspace.tempDir
      },
      device: execution.device,
      gpus: execution.gpus,
      take: execution.take,
      env: presentIn(execution.env),
      services: execution.services,
      signal,
      exec: (tool, args, options) => runTool(execution, use, tool, args, options),
      inThread: (name, argument) => runThread({ ...execution, settled: abandoned.settled, log, fail }, name, argument),
      progress: execution.onProgress,
      log,
      fail,
      outOfMemory: (message = 'the stage says so') => {
        throw new StageFailure(outOfMemory(execution, message))
      },
    })
    return (await Promise.race([running, abandoned.afterGrace])) ?? done
  } catch (error) {
    return { ok: false, error: thrownFailure(execution, error) }
  } finally {
    abandoned.release()
  }
}

const done = { ok: true, value: undefined } as const

/** Runs the stage, then sees to it that its outputs are there and that they keep the stage's contracts. */
async function runAndCheck(execution: Execution, context: AnyContext): Promise<Result<void, Failure>> {
  const { step, signal } = execution
  const returned = await tellingOfHold(() => step.stage.run(context), execution.onWarning)
  if (signal.aborted) return done
  const outputs = checkOutputs(execution, returned)
  if (!outputs.ok) return outputs
  if (step.stage.contracts === undefined) return done
  const violated = await violatedContract(step.id, step.stage, { ...context, outputs: outputs.value })
  return violated === undefined ? done : { ok: false, error: violated }
}

function outOfMemory({ step, device }: Pick<Execution, 'step' | 'device'>, message: string): Failure {
  return { kind: 'device-out-of-memory', step: step.id, device, message }
}

function thrownFailure(execution: Execution, error: unknown): Failure {
  const { step, workspace } = execution
  if (error instanceof StageFailure) return error.failure
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    return { kind: 'disk-full', step: step.id, path: workspace.outDir }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (saysOutOfMemory(message)) return outOfMemory(execution, message)
  return { kind: 'stage-threw', step: step.id, message, stack: error instanceof Error ? (error.stack ?? '') : '' }
}

/** Returns what `run` receives: paths in the workspace, and JSON values checked by the stage's schemas. */
function inputValues({ step, inputs, workspace }: Execution): Result<Record<string, unknown>, Failure> {
  const values: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(step.stage.inputs)) {
    const normal = normalInput(declaration)
    const input = inputs[name]
    if (normal.kind !== 'json' || input === undefined || input.arity === 'absent') {
      values[name] = workspace.inputPaths[name]
      continue
    }
    const list = input.arity === 'one' ? [input.available] : input.list
    const parsed: unknown[] = []
    for (const available of list) {
      const value = jsonValueAt(available)
      if (value === undefined)
        return { ok: false, error: { kind: 'input-changed', step: step.id, path: available.path } }
      const checked = checkedBy(normal, value)
      if (!checked.ok)
        return { ok: false, error: { kind: 'input-invalid', step: step.id, input: name, message: checked.error } }
      parsed.push(checked.value)
    }
    values[name] = input.arity === 'one' ? parsed[0] : parsed
  }
  return { ok: true, value: values }
}

async function runTool(
  execution: Execution,
  use: StepUse,
  tool: Tool,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { step, workspace, signal, killSignal } = execution
  const probed = execution.tools.get(tool.name)
  if (probed === undefined)
    throw new TypeError(`the stage '${step.stage.name}' runs '${tool.name}', which it does not declare in its tools`)
  signal.throwIfAborted()
  const { log } = workspace
  let memoryWord: string | undefined
  const { stdin } = options
  const stdinFile = stdin === undefined ? undefined : openStdinFile(workspace.tempDir, stdin)
  log.write(`$ ${[tool.command, ...args].map((word) => JSON.stringify(word)).join(' ')}`)
  try {
    const exit = await execution.supervisor.run({
      command: probed.path,
      args,
      cwd: workspace.outDir,
      env: {
        ...baseEnvironment(),
        ...presentIn(execution.env),
        ...(execution.gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: execution.gpus.join(',') }),
        TMPDIR: workspace.tempDir,
        ...options.env,
      },
      signal,
      killGraceMs: execution.killGraceMs,
      ...(killSignal === undefined ? {} : { killSignal }),
      ...(stdinFile === undefined ? {} : { stdinFile }),
      ...(options.onStdoutLine === undefined ? {} : { onStdoutLine: options.onStdoutLine }),
      onStderrLine: (line) => {
        log.write(line)
        if (memoryWord === undefined && saysOutOfMemory(line)) memoryWord = line.trim()
        options.onStderrLine?.(line)
      },
    })
    addUse(use, exit)
    signal.throwIfAborted()
    const { exitCode, stdout, stderrTail } = exit
    if (exitCode !== null && (options.okExitCodes ?? [0]).includes(exitCode)) return { exitCode, stdout, stderrTail }
    if (stderrTail.includes('No space left on device')) {
      throw new StageFailure({ kind: 'disk-full', step: step.id, path: workspace.outDir })
    }
    if (memoryWord !== undefined) throw new StageFailure(outOfMemory(execution, memoryWord))
    if (exit.killedForMemory) {
      throw new StageFailure(outOfMemory(execution, `the system killed ${tool.name}, because no memory was left`))
    }
    const ended = { tool: tool.name, exitCode, signal: exit.signal, stderrTail: lastLines(stderrTail) }
    throw new StageFailure({ kind: 'stage-exited', step: step.id, ...ended })
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error
    const what = `${tool.name} cannot be started (${error.code})`
    throw new StageFailure({ kind: 'tool-missing', tool: tool.name, what, install: '' })
  } finally {
    if (stdinFile !== undefined) closeSync(stdinFile)
  }
}

/** Several programs of one step count one after the other, as they mostly run. */
function addUse(use: StepUse, { peakRssBytes, cpuTimeMs }: ProcessUse): void {
  if (peakRssBytes !== undefined) use.peakRssBytes = Math.max(use.peakRssBytes ?? 0, peakRssBytes)
  if (cpuTimeMs !== undefined) use.cpuTimeMs = (use.cpuTimeMs ?? 0) + cpuTimeMs
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-8).join('\n')
}
