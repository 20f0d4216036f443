import type { ActionKey } from '../../../store/index.ts'
import {
  type Action,
  type AnyStage,
  normalInput,
  normalOutput,
  outputPath,
  type Step,
  stageModule,
} from '../../core/index.ts'
import type { ExecutionRequest, RequestedArtifact, RequestedInput } from '../execute/executor.ts'
import type { RequestPlace, RequestPlaces } from '../execute/executor-site.ts'
import type { Available, ResolvedInput, ResolvedInputs } from '../execute/inputs.ts'

/** The step that a request is for. */
export interface RequestedStep extends Pick<RequestPlace, 'inputs' | 'tools'> {
  readonly step: Step
  readonly action: Action
  readonly key: ActionKey
  /** How many rungs of its ladder it has gone down for want of memory. */
  readonly rung?: number
}

/** What a request says besides what the step itself does. */
export interface RequestOptions {
  readonly attempt: number
  readonly gpus: readonly string[]
  readonly killGraceMs: number
  readonly fresh?: boolean
  readonly priority?: () => number
  readonly cpus?: () => number
}

/** Makes the requests of one run, and remembers where their inputs are on this machine. */
export class StepRequests implements RequestPlaces {
  readonly #places = new WeakMap<ExecutionRequest, RequestPlace>()

  /** Returns a request for one execution of a step. */
  make({ step, inputs, tools, action, key, rung = 0 }: RequestedStep, options: RequestOptions): ExecutionRequest {
    const { id, stage, policy } = step
    const { attempt, gpus, killGraceMs, fresh = false, priority, cpus } = options
    const timeoutMs = policy?.timeoutMs
    const request: ExecutionRequest = {
      key,
      action,
      step: id,
      attempt,
      stage: { name: stage.name, version: stage.version, ...stageModule(stage) },
      inputs: requestedInputs(stage, inputs),
      outputs: expectedOutputs(stage),
      ...(fresh ? { fresh } : {}),
      gpus,
      limits: { ...(timeoutMs === undefined ? {} : { timeoutMs }), killGraceMs, memoryRung: rung },
    }
    this.#places.set(request, { stage, inputs, tools, ...(priority && { priority }), ...(cpus && { cpus }) })
    return request
  }

  of(request: ExecutionRequest): RequestPlace {
    const place = this.#places.get(request)
    if (place === undefined) throw new TypeError(`the request for ${request.step} is not one that this run has made`)
    return place
  }
}

function requestedInputs(stage: AnyStage, inputs: ResolvedInputs): Readonly<Record<string, RequestedInput>> {
  const requested: Record<string, RequestedInput> = {}
  for (const name of Object.keys(inputs)) {
    const [input, declaration] = [inputs[name], stage.inputs[name]]
    if (input === undefined || declaration === undefined) continue
    requested[name] = { path: normalInput(declaration).path ?? name, artifact: artifactOf(input) }
  }
  return requested
}

function artifactOf(input: ResolvedInput): RequestedInput['artifact'] {
  switch (input.arity) {
    case 'one':
      return requestedArtifact(input.available)
    case 'many':
      return input.list.map(requestedArtifact)
    case 'items':
      return {
        items: input.items.map((one) =>
          one.failure === undefined ? { item: one.item, artifact: requestedArtifact(one.available) } : one,
        ),
      }
    case 'absent':
      return null
    default:
      return input satisfies never
  }
}

function requestedArtifact({ artifact, text }: Available): RequestedArtifact {
  return text === undefined ? artifact : { ...artifact, text }
}

function expectedOutputs({ outputs }: AnyStage): ExecutionRequest['outputs'] {
  const expected: Record<string, ExecutionRequest['outputs'][string]> = {}
  for (const [name, declaration] of Object.entries(outputs)) {
    const normal = normalOutput(declaration)
    expected[name] = { kind: normal.kind, path: outputPath(name, normal) }
  }
  return expected
}
