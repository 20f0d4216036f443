import { resolve } from 'node:path'
import type { LocalStore, Result } from '../../../store/index.ts'
import {
  buildGraph,
  type Declaration,
  type Device,
  type Failure,
  type Graph,
  isGathered,
  normalInput,
  offerProblems,
  type PipelineInputs,
  type Problem,
  type SelectedSteps,
  type Step,
  selectSteps,
  toolsOf,
  unknownName,
  upstreamOf,
} from '../../core/index.ts'
import { withCorrections } from '../edits/corrections-file.ts'
import type { ResolvedInput } from '../execute/inputs.ts'
import { findDevice } from '../key/device-detection.ts'
import { SourceDigests } from '../key/sources/source-digests.ts'
import type { ToolProbe } from '../key/tool-probe.ts'
import { type InputPaths, pipelineInput } from '../schedule/wiring/given-inputs.ts'
import { unusableInputs } from '../schedule/wiring/usable-inputs.ts'
import { orAbandoned } from '../system/abandonment.ts'
import type { RunRequest } from './request.ts'

/** What is known before anything is written: the graph, the selection, the inputs, the tools. */
export interface Preflight {
  readonly graph: Graph
  readonly selected: SelectedSteps
  /** Ids of the selected steps and of all steps that they need. */
  readonly needed: ReadonlySet<string>
  readonly inputs: ReadonlyMap<string, ResolvedInput>
  /** The input that the job itself holds: its corrections. */
  readonly own?: string
  readonly sources: SourceDigests
  readonly device: Device
  /** The GPUs for steps, as `CUDA_VISIBLE_DEVICES` names them, if the device is CUDA. */
  readonly gpus: readonly string[]
  /** Warnings to report before anything runs. */
  readonly warnings: readonly string[]
}

/** Does what `preflight` does, and stops waiting for programs and files when the run is cancelled. */
export async function preflightUnlessCancelled(
  request: RunRequest,
  probe: ToolProbe,
): Promise<Result<Preflight, Failure | 'cancelled'>> {
  const { signal } = request
  try {
    const settled = await orAbandoned(preflight(request, probe), request)
    return signal?.aborted === true ? { ok: false, error: 'cancelled' } : settled
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return { ok: false, error: 'cancelled' }
    throw error
  }
}

/** Prepares a run, or returns everything that is wrong with the request. */
export async function preflight(request: RunRequest, probe: ToolProbe): Promise<Result<Preflight, Failure>> {
  const { pipeline, params = {}, selection, pools = {}, services = [] } = request
  const built = buildGraph(pipeline, params)
  const names = inputProblems(pipeline.inputs, request.inputs)
  if (!built.ok) return invalid([...built.error, ...names])
  const graph = built.value
  const selected = selectSteps(graph, selection)
  const needed = neededSteps(graph, selected.ok ? selected.value : { has: () => true })
  const steps = graph.steps.filter(({ id }) => needed.has(id))
  const problems = [...(selected.ok ? [] : selected.error), ...names, ...offerProblems(steps, { pools, services })]
  if (!selected.ok || problems.length > 0) return invalid(problems)
  const { given, own } = withCorrections(graph, resolve(request.jobDir), request.inputs)
  const inputs = await resolveInputs(request.store, graph, steps, given)
  if (!inputs.ok) return inputs
  const missing = await missingTool(steps, probe)
  if (missing !== undefined) return { ok: false, error: missing }
  const sources = new SourceDigests(request.store, graph.pipeline)
  await sources.learn(steps.map(({ stage }) => stage))
  const found = await chosenDevice(request)
  const chosen = { ...found, warnings: [...(request.warnings ?? []), ...found.warnings] }
  const what = { graph, selected: selected.value, needed, inputs: inputs.value, sources, ...chosen }
  return { ok: true, value: own === undefined ? what : { ...what, own } }
}

function invalid(problems: readonly Problem[]): Result<never, Failure> {
  return { ok: false, error: { kind: 'invalid', problems } }
}

function inputProblems(
  declared: PipelineInputs,
  given: Readonly<Record<string, InputPaths | undefined>>,
): readonly Problem[] {
  const names = Object.keys(declared)
  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  return [
    ...unknown.map((name) => ({ where: `input ${name}`, message: unknownName('input', name, names) })),
    ...Object.entries(declared).flatMap(([name, declaration]) => {
      const message = inputProblem(normalInput(declaration), given[name])
      return message === undefined ? [] : [{ where: `input ${name}`, message }]
    }),
  ]
}

function inputProblem({ arity }: Declaration, given: InputPaths | undefined): string | undefined {
  if (given === undefined) return arity === 'optional' ? undefined : 'it is missing'
  // Without types, a program may pass anything.
  const isPath = typeof given === 'string'
  if (isGathered(arity)) {
    return isPath || !Array.isArray(given) ? "it takes a list of paths: ['a.wav', 'b.wav']" : undefined
  }
  return isPath ? undefined : 'it takes one path; to take several, declare it many(file())'
}

/** A missing device may be requested: a step with a cached result does not need it. */
async function chosenDevice({
  device = 'auto',
  gpus: named,
  store,
  ...cancellation
}: RunRequest): Promise<Pick<Preflight, 'device' | 'gpus' | 'warnings'>> {
  if (device === 'cpu') return { device, gpus: [], warnings: [] }
  if (device === 'cuda' && named !== undefined) return { device, gpus: named, warnings: [] }
  const found = await findDevice(store, undefined, cancellation)
  const gpus = found.device === 'cuda' ? (named ?? found.gpus ?? []) : []
  if (device === 'auto' || device === found.device) return { device: found.device, gpus, warnings: [] }
  const note = found.note === undefined ? '' : ` (${found.note})`
  const message = `the device ${device} is not available, because this machine has only ${found.device}${note}; use --device ${found.device} to compute here`
  return { device, gpus: [], warnings: [message] }
}

async function resolveInputs(
  store: LocalStore,
  graph: Graph,
  steps: readonly Step[],
  given: Readonly<Record<string, InputPaths | undefined>>,
): Promise<Result<ReadonlyMap<string, ResolvedInput>, Failure>> {
  const inputs = new Map<string, ResolvedInput>()
  for (const [name, declaration] of Object.entries(graph.inputs)) {
    const input = await pipelineInput(store, name, declaration, given[name])
    if (!input.ok) return input
    inputs.set(name, input.value)
  }
  const problems = unusableInputs(graph, steps, inputs)
  return problems.length > 0 ? invalid(problems) : { ok: true, value: inputs }
}

function neededSteps(graph: Graph, selected: Pick<SelectedSteps, 'has'>): ReadonlySet<string> {
  const needed = new Set<string>()
  for (const step of [...graph.steps].reverse()) {
    if (!needed.has(step.id) && !selected.has(step.name)) continue
    needed.add(step.id)
    for (const id of upstreamOf(graph, step)) needed.add(id)
  }
  return needed
}

/**
 * Returns the first tool that a step needs and this machine lacks. Steps under a condition are checked when they run.
 */
async function missingTool(steps: readonly Step[], probe: ToolProbe): Promise<Failure | undefined> {
  const failures: Extract<Failure, { kind: 'tool-missing' }>[] = []
  const certain = steps.filter((step) => step.condition === undefined && step.each === undefined)
  for (const tool of certain.flatMap((step) => toolsOf(step.stage, step.params))) {
    const probed = await probe.probe(tool)
    if (probed.ok || probed.error.kind !== 'tool-missing') continue
    const { what } = probed.error
    if (!failures.some((failure) => failure.what === what)) failures.push(probed.error)
  }
  const [first, ...others] = failures
  if (first === undefined || others.length === 0) return first
  const also = `Missing, too: ${others.map(({ tool, install }) => `${tool} (${install})`).join('; ')}`
  return { ...first, hint: first.hint === undefined ? also : `${first.hint}. ${also}` }
}
