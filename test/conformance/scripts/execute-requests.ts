import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AnyStage,
  buildAction,
  type Failure,
  type Provision,
  stageAmong,
  toolsOf,
} from '../../../src/core/index.ts'
import type { ExecutionEnd, ExecutionRequest, RequestedArtifact } from '../../../src/engine/execute/executor.ts'
import type { RequestPlace } from '../../../src/engine/execute/executor-site.ts'
import {
  type Available,
  actionInputOf,
  type ResolvedInput,
  type ResolvedItem,
} from '../../../src/engine/execute/inputs.ts'
import { LocalExecutor } from '../../../src/engine/execute/local-executor.ts'
import { Workspaces } from '../../../src/engine/execute/workspace.ts'
import { declaredEnvironment } from '../../../src/engine/key/environment.ts'
import { Secrets } from '../../../src/engine/key/secrets.ts'
import { Services } from '../../../src/engine/key/services.ts'
import { type ProbedTool, ToolProbe } from '../../../src/engine/key/tool-probe.ts'
import { ProcessSupervisor } from '../../../src/engine/process/process.ts'
import { systemTiming } from '../../../src/engine/system/timing.ts'
import { actionKey, type CacheStore, createMemoryStore, materializeArtifact, openStore } from '../../../store/index.ts'
import { fetchArtifact, given, sendStaged } from '../cache-transfer.ts'
import { askerMessageOf, type WorkerMessage } from '../executor-messages.ts'

/**
 * Executes requests that arrive as JSON, with nothing but their stages' modules and a cache: inputs are fetched by their
 * digests, outputs are sent by theirs, and the answers are JSON. `node execute-requests.js CACHE`. What a stage's module
 * exports as `provisions` are the services of this place.
 */
const [cacheDir = ''] = process.argv.slice(2)
const opened = given(await openStore({ dir: cacheDir }))
const cache: CacheStore = opened
const scratch = mkdtempSync(join(tmpdir(), 'reprise-worker-'))
const own = { store: createMemoryStore(), dir: scratch }
const supervisor = new ProcessSupervisor(`worker-${process.pid}`)
const secrets = new Secrets()
const workspaces = new Workspaces(join(scratch, 'work'), scratch, () => {})
const probe = new ToolProbe(own.store)
const services = new Map<string, Services>()
const running = new Map<number, AbortController>()
let inputCount = 0

class Refused extends Error {
  readonly failure: Failure

  constructor(where: string, message: string) {
    super(message)
    this.failure = { kind: 'invalid', problems: [{ where, message }] }
  }
}

function isProvisions(value: unknown): value is readonly Provision[] {
  return Array.isArray(value) && value.every((provision) => typeof provision === 'object' && 'service' in provision)
}

async function stageOf({
  stage,
}: ExecutionRequest): Promise<{ readonly stage: AnyStage; readonly services: Services }> {
  const { module } = stage
  if (module === undefined) throw new Refused(`stage ${stage.name}`, 'the request does not say where it is')
  const exports: Readonly<Record<string, unknown>> = await import(module)
  const found = stageAmong(exports, stage)
  if (found === undefined) throw new Refused(`stage ${stage.name}`, `it is not in ${module}`)
  const { provisions } = exports
  const known = services.get(module) ?? new Services(isProvisions(provisions) ? provisions : [], secrets)
  services.set(module, known)
  return { stage: found, services: known }
}

async function fetchInput({ text, ...artifact }: RequestedArtifact): Promise<Available> {
  if (text !== undefined) return { artifact, path: '', text }
  await fetchArtifact(cache, own, artifact)
  inputCount += 1
  const path = join(scratch, `input-${inputCount}`)
  given(await materializeArtifact(own.store, artifact, path))
  return { artifact, path }
}

async function resolved({ artifact }: ExecutionRequest['inputs'][string]): Promise<ResolvedInput> {
  if (artifact === null) return { arity: 'absent' }
  if ('kind' in artifact) return { arity: 'one', available: await fetchInput(artifact) }
  if ('items' in artifact) {
    const items: ResolvedItem[] = []
    for (const one of artifact.items)
      items.push('failure' in one ? one : { item: one.item, available: await fetchInput(one.artifact) })
    return { arity: 'items', items }
  }
  const list: Available[] = []
  for (const one of artifact) list.push(await fetchInput(one))
  return { arity: 'many', list }
}

/** Finds out what is here for a request, and that it is what the key says. */
async function placeFor(request: ExecutionRequest, stage: AnyStage, offered: Services): Promise<RequestPlace> {
  const { action } = request
  const inputs: Record<string, ResolvedInput> = {}
  for (const [name, input] of Object.entries(request.inputs)) inputs[name] = await resolved(input)
  const tools = new Map<string, ProbedTool>()
  for (const tool of toolsOf(stage, action.params)) {
    const probed = await probe.probe(tool)
    if (!probed.ok) throw new Refused(`tool ${tool.name}`, `it is not here: ${JSON.stringify(probed.error)}`)
    tools.set(tool.name, probed.value)
  }
  const identities = await offered.identitiesOf(stage, request.step)
  if (!identities.ok) throw new Refused(`step ${request.step}`, JSON.stringify(identities.error))
  const derived = buildAction({
    stage: { name: stage.name, version: stage.version },
    params: action.params,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, actionInputOf(input)])),
    device: action.device,
    tools: [...tools.values()].map(({ identity }) => identity),
    env: declaredEnvironment(stage.env ?? []),
    ...(action.source === undefined ? {} : { source: action.source }),
    ...(identities.value === undefined ? {} : { services: identities.value }),
    ...(action.take === undefined ? {} : { take: action.take }),
  })
  if (actionKey(derived) !== request.key)
    throw new Refused(`step ${request.step}`, `another key is derived here, from ${JSON.stringify(derived)}`)
  return { stage, inputs, tools }
}

async function execute(id: number, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionEnd> {
  const { stage, services: offered } = await stageOf(request)
  const place = await placeFor(request, stage, offered)
  const executor = new LocalExecutor({
    places: { of: () => place },
    jobDir: scratch,
    workspaces,
    store: own.store,
    supervisor,
    services: offered,
    secrets,
    timing: systemTiming,
    warn: (message) => process.emitWarning(message),
  })
  const watch = {
    onProgress: (fraction: number, note?: string) =>
      post({ kind: 'progress', id, fraction, ...(note === undefined ? {} : { note }) }),
    onLog: (line: string) => post({ kind: 'log', id, line }),
    onToolLine: (line: string) => post({ kind: 'tool-line', id, line }),
    onWarning: (line: string) => post({ kind: 'warning', id, line }),
  }
  const end = await executor.execute(request, watch, signal)
  const result = executor.take(request)
  if (result === undefined) return end
  await sendStaged(cache, result)
  await own.store.blobs.discard(result.staged)
  workspaces.remove(result.workspace)
  return end
}

function post(message: WorkerMessage): void {
  process.send?.(JSON.stringify(message))
}

async function answer(id: number, request: ExecutionRequest): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    post({ kind: 'end', id, end: await execute(id, request, controller.signal) })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    post({ kind: 'end', id, end: { kind: 'failed', failure: error.failure, cost: { durationMs: 0 } } })
  } finally {
    running.delete(id)
  }
}

process.on('message', (text) => {
  const message = askerMessageOf(text)
  if (message.kind === 'cancel') running.get(message.id)?.abort(new Error('cancelled'))
  else void answer(message.id, message.request)
})
process.on('disconnect', () => {
  for (const controller of running.values()) controller.abort(new Error('nobody asks any more'))
  void (async () => {
    await supervisor.end()
    for (const offered of services.values()) await offered.close()
    await opened.close()
    rmSync(scratch, { recursive: true, force: true })
    process.exit(0)
  })()
})
