import type { ActionRecord, ActionResult } from '../../../store/index.ts'
import { normalOutput, outputPath } from '../../core/index.ts'
import { availableOf } from '../execute/inputs.ts'
import type { StepSite } from './step-site.ts'

/** Returns the record of the step's action with that result. */
export function actionRecordOf({ context, prepared }: StepSite, result: ActionResult): ActionRecord {
  const { key, action, step } = prepared
  const files = Object.fromEntries(
    Object.entries(step.stage.outputs).map(([name, declaration]) => [
      name,
      outputPath(name, normalOutput(declaration)),
    ]),
  )
  const origins = new Set(availableOf(prepared.inputs).flatMap(({ partOf }) => partOf?.hash ?? []))
  const labels = {
    pipeline: context.graph.pipeline,
    step: step.id,
    job: context.jobDir,
    files,
    ...(origins.size === 0 ? {} : { origins: [...origins] }),
  }
  return { key, action, result, labels }
}
