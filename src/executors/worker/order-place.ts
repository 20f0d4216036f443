import { join } from 'node:path'
import {
  actionKey,
  type CacheStore,
  describeStoreFailure,
  err,
  type LocalStore,
  materializeArtifact,
  ok,
  type Result,
  type StoredArtifact,
} from '../../../store/index.ts'
import {
  type Action,
  type ActionInput,
  type AnyStage,
  buildAction,
  type Device,
  describeChange,
  deviceFor,
  diffActions,
  failureMessage,
  toolsOf,
} from '../../core/index.ts'
import type { RequestedArtifact, RequestedInput } from '../../engine/execute/executor.ts'
import { type Available, actionInputOf, type ResolvedInput, type ResolvedItem } from '../../engine/execute/inputs.ts'
import { declaredEnvironment } from '../../engine/key/environment.ts'
import type { Services } from '../../engine/key/services.ts'
import { SourceDigests } from '../../engine/key/sources/source-digests.ts'
import type { StageFacts } from '../../engine/key/stage-facts.ts'
import type { ProbedTool, ToolProbe } from '../../engine/key/tool-probe.ts'
import type { Order } from '../contract/order.ts'
import { copyArtifacts } from '../transfer/copy-artifacts.ts'

/** What a worker has, to find out whether it computes what an order asks for. */
export interface OwnMachine {
  readonly store: LocalStore
  readonly device: Device
  readonly probe: ToolProbe
}

export interface OrderedStage {
  readonly stage: AnyStage
  readonly services: Services
}

/**
 * Derives the action of an order again, from the tools, the device, the sources, the environment and the services that are
 * here. Returns the tools where it is the one of the order; else in what it differs.
 */
export async function deriveAgain(
  { store, device, probe }: OwnMachine,
  { request, pipeline }: Order,
  { stage, services }: OrderedStage,
): Promise<Result<StageFacts['tools'], readonly string[]>> {
  const { action, key } = request
  const tools = new Map<string, ProbedTool>()
  const problems: string[] = []
  for (const tool of toolsOf(stage, action.params)) {
    const probed = await probe.probe(tool)
    if (!probed.ok) problems.push(`tools.${tool.name}: ${failureMessage(probed.error)}`)
    else if (probed.value.doubt !== undefined) problems.push(`tools.${tool.name}: ${probed.value.doubt}`)
    else tools.set(tool.name, probed.value)
  }
  const sources = new SourceDigests(store, pipeline)
  await sources.learn([stage])
  const source = await sources.of(stage)
  if (source.kind === 'doubtful') problems.push(`source: ${source.doubt}`)
  const identities = await services.identitiesOf(stage, request.step)
  if (!identities.ok) problems.push(failureMessage(identities.error))
  if (problems.length > 0 || !identities.ok) return err(problems)
  const inputs: Record<string, ActionInput> = {}
  for (const [name, input] of Object.entries(request.inputs)) inputs[name] = keyPartOf(input)
  const { name, version, env = [] } = stage
  const derived = buildAction({
    stage: { name, version },
    params: action.params,
    inputs,
    device: deviceHere(stage, action.device, device),
    tools: [...tools.values()].map(({ identity }) => identity),
    ...(env.length === 0 ? {} : { env: declaredEnvironment(env) }),
    ...(source.kind === 'known' ? { source: source.files, packages: source.packages } : {}),
    ...(identities.value === undefined ? {} : { services: identities.value }),
    ...(action.take === undefined ? {} : { take: action.take }),
  })
  if (actionKey(derived) === key) return ok(tools)
  const differences = differencesOf(action, derived)
  return err(differences.length === 0 ? ['the key is not that of the action'] : differences)
}

function differencesOf(asked: Action, here: Action): readonly string[] {
  return diffActions(asked, here).map(describeChange)
}

/** Every machine has a CPU; another device is that of the worker, or none. */
function deviceHere(stage: AnyStage, asked: Device, own: Device): Device {
  return asked === 'cpu' || asked === own ? asked : deviceFor(stage.devices, own)
}

function keyPartOf({ artifact }: RequestedInput): ActionInput {
  return actionInputOf(resolvedAs(artifact, (one) => ({ artifact: one, path: '' })))
}

/** Returns an input with its artifacts where `place` says. */
function resolvedAs(
  artifact: RequestedInput['artifact'],
  place: (artifact: RequestedArtifact) => Available,
): ResolvedInput {
  if (artifact === null) return { arity: 'absent' }
  if ('kind' in artifact) return { arity: 'one', available: place(artifact) }
  if (!('items' in artifact)) return { arity: 'many', list: artifact.map(place) }
  const items = artifact.items.map(
    (one): ResolvedItem => ('failure' in one ? one : { item: one.item, available: place(one.artifact) }),
  )
  return { arity: 'items', items }
}

export interface InputPlace {
  readonly store: LocalStore
  readonly cache: CacheStore
  /** A directory of this order alone. */
  readonly dir: string
  readonly signal: AbortSignal
}

/** Brings the inputs of an order into the worker's store, and puts each where the executor takes it from. */
export async function placeInputs(
  { store, cache, dir, signal }: InputPlace,
  inputs: Order['request']['inputs'],
): Promise<Result<Readonly<Record<string, ResolvedInput>>, string>> {
  const wanted: { readonly artifact: StoredArtifact; readonly path: string }[] = []
  const resolved: Record<string, ResolvedInput> = {}
  for (const [name, { artifact }] of Object.entries(inputs)) {
    resolved[name] = resolvedAs(artifact, ({ text, ...one }) => {
      if (text !== undefined) return { artifact: one, path: '', text }
      const path = join(dir, `input-${wanted.length}`)
      wanted.push({ artifact: one, path })
      return { artifact: one, path }
    })
  }
  const artifacts = wanted.map(({ artifact }) => artifact)
  const copied = await copyArtifacts(cache, store, artifacts, { scratch: dir, signal })
  if (!copied.ok) return err(`its inputs did not arrive: ${describeStoreFailure(copied.error)}`)
  for (const { artifact, path } of wanted) {
    const placed = await materializeArtifact(store, artifact, path)
    if (!placed.ok) return err(`its inputs cannot be put in place: ${describeStoreFailure(placed.error)}`)
  }
  return ok(resolved)
}
