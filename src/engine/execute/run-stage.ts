import { availableParallelism } from 'node:os'
import type { Result } from '../../../store/index.ts'
import {
  checkedBy,
  type Failure,
  type InputDeclarations,
  normalInput,
  type OutputDeclarations,
  type ServiceDeclarations,
  type StageContext,
  StageFailure,
  saysOutOfMemory,
  violatedContract,
} from '../../core/index.ts'
import { presentIn } from '../key/environment.ts'
import { keepSpareDescriptors, useSpareDescriptors } from '../process/room.ts'
import { Abandonment } from '../system/abandonment.ts'
import { cutLine } from '../system/cut-line.ts'
import { Deadline } from '../system/deadline.ts'
import { errorMessage } from '../system/error-message.ts'
import { stageThrew } from '../system/stage-threw.ts'
import { warnOfBlock } from './event-loop-block.ts'
import type { Execution } from './execution.ts'
import { artifactsOf, jsonValueAt, type ResolvedInput } from './inputs.ts'
import { checkOutputs, isDiskFull } from './outputs.ts'
import { StageGuard } from './stage-guard.ts'
import { type MutableUse, outOfMemory, StagePrograms } from './stage-programs.ts'
import { runThread } from './stage-thread.ts'

type AnyContext = StageContext<InputDeclarations, object, OutputDeclarations, ServiceDeclarations>

/** Runs a stage within the time that it has, and checks what it made. What its programs use is counted in `use`. */
export async function runStageInTime(execution: Execution, use: MutableUse): Promise<Result<void, Failure>> {
  const { request, signal, timing } = execution
  const { timeoutMs } = request.limits
  if (timeoutMs === undefined) return runStage(execution, use)
  const deadline = new Deadline(signal, timeoutMs, timing)
  try {
    const ran = await runStage({ ...execution, signal: deadline.signal }, use)
    return deadline.isOver ? { ok: false, error: { kind: 'timed-out', step: request.step, timeoutMs } } : ran
  } finally {
    deadline.release()
  }
}

async function runStage(execution: Execution, use: MutableUse): Promise<Result<void, Failure>> {
  const { request, workspace, signal, watch } = execution
  const { action } = request
  // Without types, a stage may pass anything.
  const log = (line: string) => watch.onLog(cutLine(execution.hide(String(line))))
  const fail: AnyContext['fail'] = (message, options) => {
    throw new StageFailure({ kind: 'stage-failed', step: request.step, message, ...options })
  }
  const abandoned = new Abandonment(execution)
  const guard = new StageGuard((error) => {
    if (!signal.aborted) execution.onLate(error)
  })
  const programs = { ofRun: new StagePrograms(execution, use), ofContracts: new StagePrograms(execution, use) }
  let isWell = false
  try {
    const values = inputValues(execution)
    if (!values.ok) return values
    const context: AnyContext = {
      inputs: values.value,
      params: action.params,
      outputs: workspace.outputPaths,
      get tempDir() {
        return workspace.tempDir
      },
      device: action.device,
      gpus: request.gpus,
      get cpus() {
        return execution.cpus?.() ?? availableParallelism()
      },
      take: action.take ?? 1,
      env: presentIn(action.env ?? {}),
      services: execution.services,
      signal,
      exec: (tool, args, options) => guarded(guard, programs.ofRun.exec(tool, args, options)),
      ask: (tool, args, question, options) => guarded(guard, programs.ofRun.ask(tool, args, question, options)),
      inThread: (name, argument) => runThread({ execution, settled: abandoned.settled, log, fail }, name, argument),
      progress: (fraction, note) => watch.onProgress(fraction, note),
      log,
      warn: (line) => watch.onWarning(String(line)),
      fail,
      outOfMemory: (message = 'the stage says so') => {
        throw new StageFailure(outOfMemory(request, message))
      },
    }
    keepSpareDescriptors()
    const running = guard.call(() => runAndCheck(execution, programs, context, guard))
    const ran = (await Promise.race([running, guard.escaped, abandoned.afterGrace])) ?? done
    isWell = ran.ok
    return ran
  } catch (error) {
    useSpareDescriptors(error)
    return { ok: false, error: thrownFailure(execution, error) }
  } finally {
    guard.end(isWell)
    abandoned.release()
    await programs.ofRun.end()
    await programs.ofContracts.end()
  }
}

const done = { ok: true, value: undefined } as const

/** A stage may start several programs, and await one after the other. */
function guarded<Value>(guard: StageGuard, program: Promise<Value>): Promise<Value> {
  guard.allowLate(program)
  return program
}

const unawaited =
  'the stage returned while a program it started was still running, so the program was stopped; await the promise that exec returns'

/** Runs the stage, then checks that its outputs exist and keep the stage's contracts. */
async function runAndCheck(
  execution: Execution,
  { ofRun, ofContracts }: Readonly<Record<'ofRun' | 'ofContracts', StagePrograms>>,
  context: AnyContext,
  guard: StageGuard,
): Promise<Result<void, Failure>> {
  const { request, stage, signal, watch } = execution
  const returned = await warnOfBlock(
    () => stage.run(context),
    (line) => watch.onWarning(line),
  )
  await guard.settle()
  // A program that it did not wait for would write into outputs that are checked already.
  if (await ofRun.end()) watch.onWarning(unawaited)
  if (signal.aborted) return done
  const outputs = checkOutputs(execution, returned)
  if (!outputs.ok) return outputs
  if (stage.contracts === undefined) return done
  const violated = await violatedContract(request.step, stage, {
    ...context,
    outputs: outputs.value,
    exec: (tool, args, options) => guarded(guard, ofContracts.exec(tool, args, options)),
  })
  await guard.settle()
  return violated === undefined ? done : { ok: false, error: violated }
}

function thrownFailure(execution: Execution, error: unknown): Failure {
  const { request, workspace } = execution
  if (error instanceof StageFailure) return error.failure
  if (isDiskFull(error)) return { kind: 'disk-full', step: request.step, path: workspace.outDir }
  const message = errorMessage(error)
  if (saysOutOfMemory(message)) return outOfMemory(request, message)
  return stageThrew(request.step, error, message)
}

/** Returns what `run` receives: paths in the workspace, and JSON values checked by the stage's schemas. */
function inputValues({ request, stage, inputs, workspace }: Execution): Result<Record<string, unknown>, Failure> {
  const values: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(stage.inputs)) {
    const normal = normalInput(declaration)
    const input = inputs[name]
    if (input === undefined || input.arity === 'absent') continue
    if (normal.kind !== 'json') {
      values[name] = asGiven(input, [workspace.inputPaths[name] ?? []].flat())
      continue
    }
    const parsed: unknown[] = []
    for (const available of artifactsOf(input)) {
      const value = jsonValueAt(available)
      if (value === undefined)
        return { ok: false, error: { kind: 'input-changed', step: request.step, path: available.path } }
      const checked = checkedBy(normal, value)
      if (!checked.ok)
        return { ok: false, error: { kind: 'input-invalid', step: request.step, input: name, message: checked.error } }
      parsed.push(checked.value)
    }
    values[name] = asGiven(input, parsed)
  }
  return { ok: true, value: values }
}

/** Returns the paths or values of an input's artifacts as the stage is given them. */
function asGiven(input: ResolvedInput, values: readonly unknown[]): unknown {
  if (input.arity === 'one') return values[0]
  if (input.arity !== 'items') return values
  const left = values.values()
  return input.items.map(({ item, failure }) =>
    failure === undefined ? { item, value: left.next().value } : { item, failure },
  )
}
