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
import { Deadline } from './deadline.ts'
import { baseEnvironment, presentIn } from './environment.ts'
import { changedInput, jsonValueAt, type ResolvedInputs } from './inputs.ts'
import { checkedBy, checkOutputs, type StagedOutputs, stageOutputs } from './outputs.ts'
import { type ProcessSupervisor, SpawnError } from './process.ts'
import type { Timing } from './timing.ts'
import type { ProbedTool } from './tool-probe.ts'
import type { Workspace } from './workspace.ts'

/** Everything that one execution needs, and all that it gets. */
export interface Execution {
  readonly step: Pick<Step, 'id' | 'stage' | 'params' | 'policy'>
  readonly inputs: ResolvedInputs
  readonly tools: ReadonlyMap<string, ProbedTool>
  readonly device: Device
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
}

export interface Executed extends StagedOutputs {
  readonly durationMs: number
  readonly peakRssBytes?: number
}

/** How an execution ended; a cancelled one leaves nothing behind. */
export type ExecutionEnd =
  | { readonly kind: 'executed'; readonly executed: Executed }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly durationMs: number }
  | { readonly kind: 'cancelled' }

type AnyContext = StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>

/** How long a stage that does not heed its signal is waited for, beyond the grace of its processes. */
const cancelSlackMs = 500

/** Runs a stage in its workspace, checks what it made and stages it for the store. */
export async function execute(execution: Execution): Promise<ExecutionEnd> {
  const started = performance.now()
  const peak: { bytes?: number } = {}
  const ran = await runInTime(execution, peak)
  if (execution.signal.aborted) return { kind: 'cancelled' }
  const durationMs = Math.round(performance.now() - started)
  if (!ran.ok) return { kind: 'failed', failure: ran.error, durationMs }
  const outputs = await stageOutputs(execution)
  if (!outputs.ok) return { kind: 'failed', failure: outputs.error, durationMs }
  const changed = await changedInput(execution.store, execution.inputs)
  if (changed !== undefined) {
    return { kind: 'failed', failure: { kind: 'input-changed', step: execution.step.id, path: changed }, durationMs }
  }
  const executed = { ...outputs.value, durationMs, ...(peak.bytes === undefined ? {} : { peakRssBytes: peak.bytes }) }
  return { kind: 'executed', executed }
}

/** Runs the stage within the time that its policy gives it. */
async function runInTime(execution: Execution, peak: { bytes?: number }): Promise<Result<void, Failure>> {
  const { step, signal, timing } = execution
  const timeoutMs = step.policy?.timeoutMs
  if (timeoutMs === undefined) return runStage(execution, peak)
  const deadline = new Deadline(signal, timeoutMs, timing)
  try {
    const ran = await runStage({ ...execution, signal: deadline.signal }, peak)
    return deadline.isOver ? { ok: false, error: { kind: 'timed-out', step: step.id, timeoutMs } } : ran
  } finally {
    deadline.release()
  }
}

async function runStage(execution: Execution, peak: { bytes?: number }): Promise<Result<void, Failure>> {
  const { step, workspace, signal } = execution
  const values = inputValues(execution)
  if (!values.ok) return values
  const settled = new AbortController()
  try {
    const running = runAndCheck(execution, {
      inputs: values.value,
      params: step.params,
      outputs: workspace.outputPaths,
      tempDir: workspace.tempDir,
      device: execution.device,
      take: execution.take,
      env: presentIn(execution.env),
      services: execution.services,
      signal,
      exec: (tool, args, options) => runTool(execution, peak, tool, args, options),
      progress: execution.onProgress,
      log: (line) => {
        workspace.log.write(line)
        execution.onLog(line)
      },
      fail: (message, options) => {
        throw new StageFailure({ kind: 'stage-failed', step: step.id, message, ...options })
      },
      outOfMemory: (message = 'the stage says so') => {
        throw new StageFailure(outOfMemory(execution, message))
      },
    })
    const graceMs = execution.killGraceMs + cancelSlackMs
    return (await Promise.race([running, abandoned(signal, graceMs, settled.signal)])) ?? done
  } catch (error) {
    return { ok: false, error: thrownFailure(execution, error) }
  } finally {
    settled.abort()
  }
}

const done = { ok: true, value: undefined } as const

/** Runs the stage, then sees to it that its outputs are there and that they keep the stage's contracts. */
async function runAndCheck(execution: Execution, context: AnyContext): Promise<Result<void, Failure>> {
  const { step, signal } = execution
  const returned = await step.stage.run(context)
  if (signal.aborted) return done
  const outputs = checkOutputs(execution, returned)
  if (!outputs.ok) return outputs
  const violated = await violatedContract(step.id, step.stage, { ...context, outputs: outputs.value })
  return violated === undefined ? done : { ok: false, error: violated }
}

/**
 * Resolves some time after the signal is aborted, so that a stage that does not heed it cannot hold the run.
 * Once the step is settled nothing is waited for, and nothing stays behind on the run's signal.
 */
function abandoned(signal: AbortSignal, afterMs: number, settled: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const later = () => {
      const timer = setTimeout(() => resolve(undefined), afterMs)
      settled.addEventListener('abort', () => clearTimeout(timer), { once: true })
    }
    if (signal.aborted) later()
    else signal.addEventListener('abort', later, { once: true, signal: settled })
  })
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
  peak: { bytes?: number },
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
  log.write(`$ ${[tool.command, ...args].map((word) => JSON.stringify(word)).join(' ')}`)
  try {
    const exit = await execution.supervisor.run({
      command: probed.path,
      args,
      cwd: workspace.outDir,
      env: { ...baseEnvironment(), ...presentIn(execution.env), TMPDIR: workspace.tempDir, ...options.env },
      signal,
      killGraceMs: execution.killGraceMs,
      ...(killSignal === undefined ? {} : { killSignal }),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.onStdoutLine === undefined ? {} : { onStdoutLine: options.onStdoutLine }),
      onStderrLine: (line) => {
        log.write(line)
        if (memoryWord === undefined && saysOutOfMemory(line)) memoryWord = line.trim()
        options.onStderrLine?.(line)
      },
    })
    if (exit.peakRssBytes !== undefined) peak.bytes = Math.max(peak.bytes ?? 0, exit.peakRssBytes)
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
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-8).join('\n')
}
