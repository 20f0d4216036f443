import { statSync, writeFileSync } from 'node:fs'
import {
  artifactOfPath,
  canonicalJson,
  describeStoreFailure,
  type Result,
  type StagedBlob,
  type Store,
  type StoredArtifact,
  type StoreFailure,
  stageArtifact,
} from '../../store/index.ts'
import {
  type Declaration,
  type Device,
  type ExecOptions,
  type ExecResult,
  type Failure,
  isJson,
  normalInput,
  normalOutput,
  StageFailure,
  type Step,
  type Tool,
} from '../core/index.ts'
import { baseEnvironment } from './environment.ts'
import { changedInput, jsonValueAt, type ResolvedInputs } from './inputs.ts'
import { type ProcessSupervisor, SpawnError } from './process.ts'
import type { ProbedTool } from './tool-probe.ts'
import { removeUndeclared, type Workspace } from './workspace.ts'

/** Everything that one execution needs, and all that it gets. */
export interface Execution {
  readonly step: Pick<Step, 'id' | 'stage' | 'params'>
  readonly inputs: ResolvedInputs
  readonly tools: ReadonlyMap<string, ProbedTool>
  readonly device: Device
  readonly workspace: Workspace
  readonly store: Store
  readonly supervisor: ProcessSupervisor
  readonly signal: AbortSignal
  readonly killSignal?: AbortSignal
  readonly killGraceMs: number
  readonly onProgress: (fraction: number, note?: string) => void
  readonly onLog: (line: string) => void
}

export interface Executed {
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly staged: readonly StagedBlob[]
  /** Set when the store cannot take the outputs: the step is done, and its result is not kept. */
  readonly unrecorded?: StoreFailure
  readonly durationMs: number
  readonly peakRssBytes?: number
}

/** How an execution ended; a cancelled one leaves nothing behind. */
export type ExecutionEnd =
  | { readonly kind: 'executed'; readonly executed: Executed }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly durationMs: number }
  | { readonly kind: 'cancelled' }

/** How long a stage that does not heed its signal is waited for, beyond the grace of its processes. */
const cancelSlackMs = 500

/** Runs a stage in its workspace, checks what it made and stages it for the store. */
export async function execute(execution: Execution): Promise<ExecutionEnd> {
  const started = performance.now()
  const peak: { bytes?: number } = {}
  const ran = await runStage(execution, peak)
  if (execution.signal.aborted) return { kind: 'cancelled' }
  const durationMs = Math.round(performance.now() - started)
  if (!ran.ok) return { kind: 'failed', failure: ran.error, durationMs }
  const outputs = await takeOutputs(execution, ran.value)
  if (!outputs.ok) return { kind: 'failed', failure: outputs.error, durationMs }
  const changed = await changedInput(execution.store, execution.inputs)
  if (changed !== undefined) {
    return { kind: 'failed', failure: { kind: 'input-changed', step: execution.step.id, path: changed }, durationMs }
  }
  const executed = { ...outputs.value, durationMs, ...(peak.bytes === undefined ? {} : { peakRssBytes: peak.bytes }) }
  return { kind: 'executed', executed }
}

async function runStage(execution: Execution, peak: { bytes?: number }): Promise<Result<unknown, Failure>> {
  const { step, workspace, signal } = execution
  const values = inputValues(execution)
  if (!values.ok) return values
  try {
    const running = step.stage.run({
      inputs: values.value,
      params: step.params,
      outputs: workspace.outputPaths,
      tempDir: workspace.tempDir,
      device: execution.device,
      signal,
      exec: (tool, args, options) => runTool(execution, peak, tool, args, options),
      progress: execution.onProgress,
      log: (line) => {
        workspace.log.write(line)
        execution.onLog(line)
      },
      fail: (message) => {
        throw new StageFailure({ kind: 'stage-failed', step: step.id, message })
      },
    })
    return { ok: true, value: await Promise.race([running, abandoned(signal, execution.killGraceMs + cancelSlackMs)]) }
  } catch (error) {
    return { ok: false, error: thrownFailure(step.id, workspace, error) }
  }
}

/** Resolves some time after the signal is aborted, so that a stage that does not heed it cannot hold the run. */
function abandoned(signal: AbortSignal, afterMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    const later = () => setTimeout(() => resolve(undefined), afterMs).unref()
    if (signal.aborted) later()
    else signal.addEventListener('abort', later, { once: true })
  })
}

function thrownFailure(step: string, workspace: Workspace, error: unknown): Failure {
  if (error instanceof StageFailure) return error.failure
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    return { kind: 'disk-full', step, path: workspace.outDir }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'stage-threw', step, message, stack: error instanceof Error ? (error.stack ?? '') : '' }
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

function checkedBy(declaration: Declaration, value: unknown): Result<unknown, string> {
  if (declaration.schema === undefined) return { ok: true, value }
  const checked = declaration.schema['~standard'].validate(value)
  if (checked instanceof Promise) throw new TypeError('a schema of an artifact validates asynchronously')
  if (checked.issues === undefined) return { ok: true, value: checked.value }
  const first = checked.issues[0]
  const where = (first?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return { ok: false, error: `${where === '' ? '' : `${where}: `}${first?.message ?? 'invalid'}` }
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
  log.write(`$ ${[tool.command, ...args].map((word) => JSON.stringify(word)).join(' ')}`)
  try {
    const exit = await execution.supervisor.run({
      command: probed.path,
      args,
      cwd: workspace.outDir,
      env: { ...baseEnvironment(), TMPDIR: workspace.tempDir, ...options.env },
      signal,
      killGraceMs: execution.killGraceMs,
      ...(killSignal === undefined ? {} : { killSignal }),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.onStdoutLine === undefined ? {} : { onStdoutLine: options.onStdoutLine }),
      onStderrLine: (line) => {
        log.write(line)
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

/** Checks that every declared output is there and is what it should be, and stages it. */
async function takeOutputs(
  execution: Execution,
  returned: unknown,
): Promise<Result<Pick<Executed, 'outputs' | 'staged' | 'unrecorded'>, Failure>> {
  const { step, workspace, store } = execution
  const outputs: Record<string, StoredArtifact> = {}
  const staged: StagedBlob[] = []
  let unrecorded: StoreFailure | undefined = store.readOnly ? { kind: 'store-read-only', dir: store.dir } : undefined
  const fail = async (failure: Failure): Promise<{ readonly ok: false; readonly error: Failure }> => {
    await store.blobs.discard(staged)
    return { ok: false, error: failure }
  }
  removeUndeclared(workspace, step.stage)
  for (const [name, declaration] of Object.entries(step.stage.outputs)) {
    const normal = normalOutput(declaration)
    const path = workspace.outputPaths[name] ?? ''
    const content =
      normal.kind === 'json'
        ? jsonOutput(step.id, name, normal, path, returned)
        : pathOutput(step.id, name, normal, path)
    if (!content.ok) return fail(content.error)
    if (unrecorded === undefined) {
      const taken = await stageArtifact(store.blobs, normal.kind, path)
      if (taken.ok) {
        outputs[name] = taken.value.artifact
        staged.push(...taken.value.staged)
        continue
      }
      if (!isOfTheStore(taken.error)) return fail(unusableOutput(step.id, name, path, taken.error))
      unrecorded = taken.error
    }
    const artifact = await artifactOfPath(store, normal.kind, path)
    if (!artifact.ok) return fail(unusableOutput(step.id, name, path, artifact.error))
    outputs[name] = artifact.value
  }
  return { ok: true, value: { outputs, staged, ...(unrecorded === undefined ? {} : { unrecorded }) } }
}

/** Tells a failure of the store, which only leaves the step unrecorded, from one of the output itself. */
function isOfTheStore(failure: StoreFailure): boolean {
  return failure.kind !== 'source-unreadable' && failure.kind !== 'source-unsupported'
}

function unusableOutput(step: string, output: string, path: string, failure: StoreFailure): Failure {
  return failure.kind === 'source-unreadable' && failure.code === 'ENOENT'
    ? { kind: 'output-missing', step, output, path }
    : { kind: 'output-invalid', step, output, message: describeStoreFailure(failure) }
}

function jsonOutput(
  step: string,
  output: string,
  declaration: Declaration,
  path: string,
  returned: unknown,
): Result<void, Failure> {
  const value: unknown = typeof returned === 'object' && returned !== null ? Reflect.get(returned, output) : undefined
  if (value === undefined)
    return { ok: false, error: { kind: 'output-missing', step, output, path: `returned.${output}` } }
  const checked = checkedBy(declaration, value)
  if (!checked.ok) return { ok: false, error: { kind: 'output-invalid', step, output, message: checked.error } }
  if (!isJson(checked.value))
    return { ok: false, error: { kind: 'output-invalid', step, output, message: 'it is not JSON' } }
  writeFileSync(path, canonicalJson(checked.value))
  return { ok: true, value: undefined }
}

function pathOutput(step: string, output: string, declaration: Declaration, path: string): Result<void, Failure> {
  const stat = statSync(path, { throwIfNoEntry: false })
  const right = declaration.kind === 'tree' ? stat?.isDirectory() : stat?.isFile()
  if (stat === undefined || right !== true) return { ok: false, error: { kind: 'output-missing', step, output, path } }
  if (declaration.kind === 'file' && stat.size === 0 && declaration.mayBeEmpty !== true) {
    return { ok: false, error: { kind: 'output-empty', step, output, path } }
  }
  return { ok: true, value: undefined }
}
