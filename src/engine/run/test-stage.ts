import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { actionKey, createMemoryStore, type LocalStore, type Result } from '../../../store/index.ts'
import {
  type AnyStage,
  buildAction,
  checkParams,
  type Declaration,
  type Device,
  type Failure,
  type InputDeclarations,
  type InputValue,
  isGathered,
  isJson,
  isRecord,
  type MadeOutputs,
  type NormalInput,
  normalInput,
  type OptionalNames,
  type OutputDeclarations,
  type ParamsOption,
  type ParamsSchema,
  type Provision,
  type ServiceDeclarations,
  type Stage,
  toolsOf,
} from '../../core/index.ts'
import type { ExecutionWatch } from '../execute/executor.ts'
import {
  type Available,
  availableJson,
  type ResolvedInput,
  type ResolvedInputs,
  type ResolvedItem,
} from '../execute/inputs.ts'
import { LocalExecutor } from '../execute/local-executor.ts'
import { Workspaces } from '../execute/workspace.ts'
import { Secrets } from '../key/secrets.ts'
import { Services } from '../key/services.ts'
import { type ProbedTool, ToolProbe } from '../key/tool-probe.ts'
import { ProcessSupervisor } from '../process/process.ts'
import { pipelineInput } from '../schedule/wiring/given-inputs.ts'
import { fillAction } from '../site/fill-action.ts'
import { StepRequests } from '../site/step-requests.ts'
import { defaultKillGraceMs } from '../system/cancellation.ts'
import { randomName } from '../system/random-name.ts'
import { systemTiming } from '../system/timing.ts'

/** What a stage is tried with: its inputs as `run` receives them, which are paths of files and values of JSON. */
export type StageTestOptions<Inputs extends InputDeclarations, Schema extends ParamsSchema> = {
  readonly inputs: StageTestInputs<Inputs>
  readonly services?: readonly Provision[]
  /** `cpu` by default. */
  readonly device?: Device
  readonly signal?: AbortSignal
  /** Where the outputs are put. By default a folder for temporary files, which goes when the program ends. */
  readonly dir?: string
} & ParamsOption<Schema>

export type StageTestInputs<Inputs extends InputDeclarations> = {
  readonly [Name in Exclude<keyof Inputs, OptionalNames<Inputs>>]: InputValue<NormalInput<Inputs[Name]>>
} & { readonly [Name in OptionalNames<Inputs>]?: InputValue<NormalInput<Inputs[Name]>> }

/** What a stage made: paths of files and trees, values of JSON; or why it failed. `log` is what it told. */
export type StageTest<Outputs extends OutputDeclarations> =
  | { readonly outputs: MadeOutputs<Outputs>; readonly failure?: undefined; readonly log: readonly string[] }
  | { readonly outputs?: undefined; readonly failure: Failure; readonly log: readonly string[] }

/**
 * Executes a stage once, in a folder of its own and without a store, as a run would: params and JSON inputs are checked,
 * tools found, outputs and contracts checked. It is not tried again when it fails.
 */
export async function testStage<
  Inputs extends InputDeclarations,
  Schema extends ParamsSchema,
  Outputs extends OutputDeclarations,
>(
  stage: Stage<Inputs, Schema, Outputs, ServiceDeclarations>,
  options: StageTestOptions<NoInfer<Inputs>, NoInfer<Schema>>,
): Promise<StageTest<Outputs>> {
  const log: string[] = []
  const made = await new Trial(stage, options, log).run()
  // Its outputs were checked by the stage's declarations, from which the type is made.
  return made.ok ? { outputs: made.value as MadeOutputs<Outputs>, log } : { failure: made.error, log }
}

interface TrialOptions {
  readonly inputs: object
  readonly params?: object
  readonly services?: readonly Provision[]
  readonly device?: Device
  readonly signal?: AbortSignal
  readonly dir?: string
}

class Trial {
  readonly #stage: AnyStage
  readonly #options: TrialOptions
  readonly #log: string[]
  readonly #store: LocalStore = createMemoryStore()
  readonly #secrets = new Secrets()
  readonly #services: Services

  constructor(stage: AnyStage, options: TrialOptions, log: string[]) {
    this.#stage = stage
    this.#options = options
    this.#log = log
    this.#services = new Services(options.services ?? [], this.#secrets, options)
  }

  async run(): Promise<Result<object, Failure>> {
    const params = checkParams('params', this.#stage.params, this.#options.params ?? {})
    if (!params.ok) return invalid(params.error)
    const inputs = await this.#inputs()
    if (!inputs.ok) return inputs
    const tools = new Map<string, ProbedTool>()
    const probe = new ToolProbe(this.#store, this.#options)
    for (const tool of toolsOf(this.#stage, params.value)) {
      const probed = await probe.probe(tool)
      if (!probed.ok) return probed
      tools.set(tool.name, probed.value)
    }
    const { name } = this.#stage
    const services = await this.#services.identitiesOf(this.#stage, name)
    if (!services.ok) return services
    const step = { id: name, name, stage: this.#stage, params: params.value, bindings: {}, policy: this.#stage }
    const facts = { tools, services: services.value, source: { kind: 'version' } } as const
    const { device = 'cpu' } = this.#options
    const action = buildAction(fillAction({ device }, step, inputs.value, facts))
    try {
      return await this.#execute({ step, action, key: actionKey(action), inputs: inputs.value, tools })
    } finally {
      this.#log.push(...(await this.#services.close()))
    }
  }

  async #execute(requested: Parameters<StepRequests['make']>[0]): Promise<Result<object, Failure>> {
    const dir = resolve(this.#options.dir ?? temporaryDirectory())
    const work = join(dir, '.work')
    mkdirSync(work, { recursive: true })
    const requests = new StepRequests()
    const supervisor = new ProcessSupervisor(`test-${randomName(8)}`)
    const local = new LocalExecutor({
      places: requests,
      jobDir: dir,
      workspaces: new Workspaces(work, dir, (message) => void this.#log.push(message)),
      store: this.#store,
      supervisor,
      services: this.#services,
      secrets: this.#secrets,
      timing: systemTiming,
      warn: (message) => void this.#log.push(message),
    })
    const request = requests.make(requested, { attempt: 1, gpus: [], killGraceMs: defaultKillGraceMs })
    const { signal = new AbortController().signal } = this.#options
    try {
      const end = await local.execute(request, watchInto(this.#log), signal)
      if (end.kind === 'failed') return { ok: false, error: end.failure }
      const result = local.take(request)
      if (end.kind === 'cancelled' || result === undefined) return failed(requested.step.id, 'it was cancelled')
      const place = join(dir, 'outputs')
      rmSync(place, { recursive: true, force: true })
      renameSync(result.workspace.outDir, place)
      return { ok: true, value: this.#outputs(result.workspace, place) }
    } finally {
      await supervisor.end()
      rmSync(work, { recursive: true, force: true })
    }
  }

  #outputs({ outDir, outputPaths }: { outDir: string; outputPaths: Readonly<Record<string, string>> }, place: string) {
    const outputs: Record<string, unknown> = {}
    for (const [name, path] of Object.entries(outputPaths)) {
      const declaration = this.#stage.outputs[name]
      const at = join(place, path.slice(outDir.length))
      const isValue = typeof declaration === 'object' && declaration.kind === 'json'
      outputs[name] = isValue ? JSON.parse(readFileSync(at, 'utf8')) : at
    }
    return outputs
  }

  async #inputs(): Promise<Result<ResolvedInputs, Failure>> {
    const given = new Map<string, unknown>(Object.entries(this.#options.inputs))
    const resolved: Record<string, ResolvedInput> = {}
    for (const [name, declaration] of Object.entries(this.#stage.inputs)) {
      const input = await this.#input(name, normalInput(declaration), given.get(name))
      if (!input.ok) return input
      resolved[name] = input.value
    }
    return { ok: true, value: resolved }
  }

  async #input(name: string, declaration: Declaration, given: unknown): Promise<Result<ResolvedInput, Failure>> {
    const { arity } = declaration
    if (given === undefined) {
      return arity === 'optional'
        ? { ok: true, value: { arity: 'absent' } }
        : invalid([{ where: `input ${name}`, message: 'it is missing' }])
    }
    if (!isGathered(arity)) {
      const one = await this.#artifact(name, declaration, given)
      return one.ok ? { ok: true, value: { arity: 'one', available: one.value } } : one
    }
    const items: ResolvedItem[] = []
    for (const [index, each] of (Array.isArray(given) ? Array.from<unknown>(given) : []).entries()) {
      const { item, value, failure } = arity === 'many' || !isRecord(each) ? { item: index, value: each } : each
      if (isRecord(failure)) {
        const why = { kind: 'stage-failed' as const, message: String(failure.message) }
        items.push({ item: String(item), failure: { ...why, ...failure } })
        continue
      }
      const one = await this.#artifact(name, declaration, value)
      if (!one.ok) return one
      items.push({ item: String(item), available: one.value })
    }
    const list = items.flatMap((one) => (one.failure === undefined ? [one.available] : []))
    return { ok: true, value: arity === 'many' ? { arity, list } : { arity: 'items', items } }
  }

  async #artifact(name: string, declaration: Declaration, given: unknown): Promise<Result<Available, Failure>> {
    if (declaration.kind === 'json') {
      return isJson(given)
        ? { ok: true, value: availableJson(given) }
        : invalid([{ where: `input ${name}`, message: 'it is not JSON' }])
    }
    const found = await pipelineInput(this.#store, name, declaration, String(given))
    if (!found.ok) return found
    return found.value.arity === 'one' ? { ok: true, value: found.value.available } : failed(name, 'it is missing')
  }
}

function invalid(problems: Extract<Failure, { kind: 'invalid' }>['problems']): Result<never, Failure> {
  return { ok: false, error: { kind: 'invalid', problems } }
}

function failed(step: string, message: string): Result<never, Failure> {
  return { ok: false, error: { kind: 'stage-failed', step, message } }
}

function watchInto(log: string[]): ExecutionWatch {
  const add = (line: string) => void log.push(line)
  return { onProgress: () => {}, onLog: add, onToolLine: add, onWarning: add }
}

/** Removed when the program ends: until then a test reads what is in it. */
function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-stage-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  return dir
}
