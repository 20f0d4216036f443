import type { JsonValue, Result } from '../../../store/index.ts'
import { type AnyStage, type Failure, type Step, toolsOf } from '../../core/index.ts'
import { orAbandoned } from '../system/abandonment.ts'
import type { Cancellation } from '../system/cancellation.ts'
import type { Services } from './services.ts'
import type { SourceDigests, StageSource } from './sources/source-digests.ts'
import type { ProbedTool, ToolProbe } from './tool-probe.ts'

/** The part of a step's key that depends on its stage alone. */
export interface StageFacts {
  readonly tools: ReadonlyMap<string, ProbedTool>
  /** The identity of each service that is part of the key. */
  readonly services: Readonly<Record<string, JsonValue>> | undefined
  readonly source: StageSource
}

/** Determines the part of keys that depends on stages: once a stage, unless its params or services matter. */
export class StageFactFinder {
  readonly #probe: ToolProbe
  readonly #sources: SourceDigests
  readonly #services: Services
  readonly #cancellation: Cancellation
  readonly #known = new Map<AnyStage, StageFacts>()
  /** What is being found of stages whose steps share it: the items of a fan-out ask for it all at once. */
  readonly #finding = new Map<AnyStage, Promise<Result<StageFacts, Failure>>>()

  constructor(probe: ToolProbe, sources: SourceDigests, services: Services, cancellation: Cancellation) {
    this.#probe = probe
    this.#sources = sources
    this.#services = services
    this.#cancellation = cancellation
  }

  /** Returns the facts that hold for every step of a stage, if they are known already. */
  known(stage: AnyStage): StageFacts | undefined {
    return this.#known.get(stage)
  }

  /** Returns the facts of a step's stage, or why one cannot be determined. Rejects with the signal's reason. */
  find(step: Pick<Step, 'id' | 'stage' | 'params'>): Promise<Result<StageFacts, Failure>> {
    const { stage } = step
    if (stage.toolsFor !== undefined || stage.services !== undefined) {
      return orAbandoned(this.#find(step), this.#cancellation)
    }
    const known = this.#finding.get(stage)
    if (known !== undefined) return known
    const finding = orAbandoned(this.#find(step), this.#cancellation)
    const forget = () => this.#finding.delete(stage)
    this.#finding.set(stage, finding)
    finding.then(forget, forget)
    return finding
  }

  async #find({ id, stage, params }: Pick<Step, 'id' | 'stage' | 'params'>): Promise<Result<StageFacts, Failure>> {
    const tools = new Map<string, ProbedTool>()
    for (const tool of toolsOf(stage, params)) {
      const probed = await this.#probe.probe(tool)
      if (!probed.ok) return probed
      tools.set(tool.name, probed.value)
    }
    const services = await this.#services.identitiesOf(stage, id)
    if (!services.ok) return services
    const facts = { tools, services: services.value, source: await this.#sources.of(stage) }
    if (stage.toolsFor === undefined && services.value === undefined) this.#known.set(stage, facts)
    return { ok: true, value: facts }
  }
}
