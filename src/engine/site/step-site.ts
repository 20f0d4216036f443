import { type Failure, failureMessage, normalOutput, outputPath, type Step, stepDirectory } from '../../core/index.ts'
import { buildManifest, type ManifestParts, manifestText } from '../job/manifest-file.ts'
import type { StepEnd } from '../schedule/wiring/step-end.ts'
import type { PreparedStep } from './prepared-step.ts'
import type { RunContext } from './run-context.ts'

/** A step whose inputs are there, in its run: where its outputs belong, and what is written down about it. */
export class StepSite {
  readonly context: RunContext
  readonly prepared: PreparedStep
  /** The step's directory, absolute. */
  readonly dir: string

  constructor(context: RunContext, prepared: PreparedStep) {
    this.context = context
    this.prepared = prepared
    this.dir = `${context.jobDir}/${stepDirectory(context.graph, prepared.step)}`
  }

  get manifestPath(): string {
    return `${this.dir}/manifest.json`
  }

  get step(): Step {
    return this.prepared.step
  }

  /** Returns where an output belongs, or undefined for one that the stage does not declare. */
  pathOf(output: string): string | undefined {
    const declaration = this.step.stage.outputs[output]
    return declaration === undefined ? undefined : `${this.dir}/${outputPath(output, normalOutput(declaration))}`
  }

  /** What events say of the step's take: nothing of its first. */
  get takePart(): { readonly take?: number } {
    const { take } = this.prepared.action
    return take === undefined ? {} : { take }
  }

  /** Returns the text of the step's manifest, and keeps for it what is too large to stand there. */
  manifestText(
    parts: Pick<ManifestParts, 'result' | 'failure' | 'cost' | 'cache' | 'attempts' | 'wantedDevice' | 'fetched'>,
  ): string {
    const { action, key, inputs } = this.prepared
    this.context.keptInputs.keep(inputs)
    const manifest = buildManifest({ step: this.step, action, key, inputs, now: new Date(), ...parts })
    return manifestText(this.context.secrets.hideIn(manifest))
  }

  /** Says that the step is not started because another has failed, and returns its end. */
  skipped(failed: string): StepEnd {
    this.context.emit({ event: 'stage_skipped', stage: this.step.id, because: 'failure', failed })
    return { outcome: { kind: 'skipped', because: { failed } }, outputs: {} }
  }

  /** Says that the step failed, and returns its end. */
  failed(cause: Failure): StepEnd {
    const failure = this.context.secrets.hideIn(cause)
    this.context.failFast.note(this.step, failure)
    this.context.emit({ event: 'stage_failed', stage: this.step.id, failure, message: failureMessage(failure) })
    return { outcome: { kind: 'failed', failure }, outputs: {} }
  }
}
