import type { LocalStore, Result } from '../../../store/index.ts'
import {
  type Action,
  type Device,
  type Failure,
  type InputDeclarations,
  normalInput,
  type OutputDeclarations,
  type ServiceDeclarations,
  type StageContext,
  StageFailure,
  type Step,
  saysOutOfMemory,
  violatedContract,
} from '../../core/index.ts'
import { presentIn } from '../key/environment.ts'
import type { ProbedTool } from '../key/tool-probe.ts'
import type { ProcessSupervisor } from '../process/process.ts'
import type { ProcessUse } from '../process/process-usage.ts'
import { Abandonment } from '../system/abandonment.ts'
import { Deadline } from '../system/deadline.ts'
import { errorMessage, errorStack } from '../system/error-message.ts'
import type { Timing } from '../system/timing.ts'
import { warnOfBlock } from './event-loop-block.ts'
import { changedInput, jsonValueAt, type ResolvedInputs } from './inputs.ts'
import { checkedBy, checkOutputs, isDiskFull, type StagedOutputs, stageOutputs } from './outputs.ts'
import { type MutableUse, outOfMemory, StagePrograms } from './stage-programs.ts'
import { runThread } from './stage-thread.ts'
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
  readonly store: LocalStore
  readonly supervisor: ProcessSupervisor
  readonly signal: AbortSignal
  readonly killSignal?: AbortSignal
  readonly killGraceMs: number
  readonly timing: Timing
  /** Takes secrets out of a text. */
  readonly hide: (text: string) => string
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

type AnyContext = StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>

/** Runs a stage in its workspace, checks what it made and stages it for the store. */
export async function execute(execution: Execution): Promise<ExecutionEnd> {
  const started = performance.now()
  const use: MutableUse = {}
  const ran = await runInTime(execution, use)
  if (execution.signal.aborted) return { kind: 'cancelled' }
  const cost = { durationMs: Math.round(performance.now() - started), ...use }
  const failed = (failure: Failure): ExecutionEnd => ({ kind: 'failed', failure, cost })
  if (!ran.ok) return failed(ran.error)
  const changed = await changedInput(execution.store, execution.inputs)
  if (changed !== undefined) return failed({ kind: 'input-changed', step: execution.step.id, path: changed })
  const outputs = await stageOutputs(execution)
  if (!outputs.ok) return failed(outputs.error)
  return { kind: 'executed', executed: { cost, ...outputs.value } }
}

/** Runs the stage within the time that its policy gives it. */
async function runInTime(execution: Execution, use: MutableUse): Promise<Result<void, Failure>> {
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

async function runStage(execution: Execution, use: MutableUse): Promise<Result<void, Failure>> {
  const { step, workspace, signal } = execution
  const log = (line: string) => {
    // A stage that does without types may hand over anything.
    const text = String(line)
    workspace.log.write(text)
    execution.onLog(text)
  }
  const fail: AnyContext['fail'] = (message, options) => {
    throw new StageFailure({ kind: 'stage-failed', step: step.id, message, ...options })
  }
  const abandoned = new Abandonment(execution)
  const programs = { ofRun: new StagePrograms(execution, use), ofContracts: new StagePrograms(execution, use) }
  try {
    const values = inputValues(execution)
    if (!values.ok) return values
    const running = runAndCheck(execution, programs, {
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
      exec: (tool, args, options) => programs.ofRun.exec(tool, args, options),
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
    await programs.ofRun.end()
    await programs.ofContracts.end()
  }
}

const done = { ok: true, value: undefined } as const

const unawaited = 'its run ended before a program that it had started, which was stopped: await what exec returns'

/** Runs the stage, then sees to it that its outputs are there and that they keep the stage's contracts. */
async function runAndCheck(
  execution: Execution,
  { ofRun, ofContracts }: Readonly<Record<'ofRun' | 'ofContracts', StagePrograms>>,
  context: AnyContext,
): Promise<Result<void, Failure>> {
  const { step, signal } = execution
  const returned = await warnOfBlock(() => step.stage.run(context), execution.onWarning)
  // What it has started and not waited for would write into outputs that are checked already.
  if (await ofRun.end()) execution.onWarning(unawaited)
  if (signal.aborted) return done
  const outputs = checkOutputs(execution, returned)
  if (!outputs.ok) return outputs
  if (step.stage.contracts === undefined) return done
  const violated = await violatedContract(step.id, step.stage, {
    ...context,
    outputs: outputs.value,
    exec: (tool, args, options) => ofContracts.exec(tool, args, options),
  })
  return violated === undefined ? done : { ok: false, error: violated }
}

function thrownFailure(execution: Execution, error: unknown): Failure {
  const { step, workspace } = execution
  if (error instanceof StageFailure) return error.failure
  if (isDiskFull(error)) return { kind: 'disk-full', step: step.id, path: workspace.outDir }
  const message = errorMessage(error)
  if (saysOutOfMemory(message)) return outOfMemory(execution, message)
  return { kind: 'stage-threw', step: step.id, message, stack: errorStack(error) }
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
