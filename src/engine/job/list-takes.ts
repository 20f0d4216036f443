import { actionKey, type DirectoryStore, inspectAction, type JsonObject, type Result } from '../../../store/index.ts'
import { type Failure, isMeant, nameInId, unknownName } from '../../core/index.ts'
import { readJob } from './job-file.ts'

/** One of several results of a step for the inputs and params that the job used last. */
export interface ListedTake {
  readonly step: string
  readonly take: number
  readonly isCurrent: boolean
  readonly key: string
  /** Absent when it is no longer in the store. */
  readonly result?: {
    readonly sizeBytes: number
    readonly durationMs: number
    /** ISO 8601. */
    readonly producedAt: string
    readonly device: string
  }
  /** Why it is gone, if it is. */
  readonly gone?: string
}

/** Returns the takes of a step of a job, or of all items of a fan-out; by the step's name or id. */
export async function listTakes(
  store: DirectoryStore,
  jobDir: string,
  step: string,
): Promise<Result<readonly ListedTake[], Failure>> {
  const job = await readJob(jobDir)
  if (!job.ok) return job
  const steps = store.ledger.jobs.steps(jobDir)
  const meant = [...steps].filter(([id]) => isMeant(step, id))
  if (meant.length === 0) {
    const message =
      steps.size === 0
        ? 'the store knows no steps of this job'
        : unknownName('step', step, [...new Set([...steps.keys()].flatMap((id) => [nameInId(id), id]))])
    return { ok: false, error: { kind: 'invalid', problems: [{ where: jobDir, message }] } }
  }
  return {
    ok: true,
    value: meant.flatMap(([id, { action }]) => {
      const { current, highest } = job.value.takes?.[id] ?? { current: 1, highest: 1 }
      return takesOf(store, { id, action, current, highest })
    }),
  }
}

interface StepOfJob {
  readonly id: string
  readonly action: JsonObject
  readonly current: number
  readonly highest: number
}

/** A take is in the store even if its run was killed before the job noted it. */
function takesOf(store: DirectoryStore, { id, action, current, highest }: StepOfJob): readonly ListedTake[] {
  const takes: ListedTake[] = []
  for (let take = 1; ; take++) {
    const { take: _, ...withoutTake } = action
    const key = actionKey(take === 1 ? withoutTake : { ...withoutTake, take })
    const found = inspectAction(store, key)
    const known = found.ok && found.value.kind === 'found' ? found.value.value : undefined
    if (known?.record === undefined && known?.gone === undefined && take > highest) return takes
    const isCurrent = take === current
    if (known?.record !== undefined) {
      const { outputs, durationMs, producedAt, device } = known.record.result
      const sizeBytes = Object.values(outputs).reduce((sum, output) => sum + output.sizeBytes, 0)
      takes.push({ step: id, take, isCurrent, key, result: { sizeBytes, durationMs, producedAt, device } })
    } else {
      const gone = known?.gone
      const what = gone?.kind === 'evicted' ? `evicted ${gone.at} by ${gone.by}` : gone?.kind
      takes.push({ step: id, take, isCurrent, key, gone: what ?? 'never computed with these inputs and params' })
    }
  }
}
