import type { Result } from '../../../store/index.ts'
import { buildGraph, type Failure, type Graph, type JobStatus, type StepStatus } from '../../core/index.ts'
import type { JobHolder } from '../../engine/index.ts'
import { statusTable } from '../../report/terminal/status-table.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { loadPipelinesFor } from '../run/job-choice.ts'
import { groupItems } from './shown-steps.ts'

/** The state of a job, and the process that runs it. */
export interface JobReport {
  readonly status: JobStatus
  readonly holder?: JobHolder
}

interface Places {
  readonly store: string | undefined
  readonly config: string | undefined
}

/**
 * Returns the state of a job: with all steps of its pipeline if that can be loaded, and with the process that runs it and
 * the time left if the store can be opened.
 */
export async function readJobReport(
  jobDir: string,
  { store, config }: Places,
  context: CliContext,
): Promise<Result<JobReport, Failure>> {
  const [{ jobHolder, jobStatus }, { openStore }] = await Promise.all([
    import('../../engine/index.ts'),
    import('../../../store/index.ts'),
  ])
  const graph = await graphOf(jobDir, config, context)
  const steps = graph === undefined ? {} : { steps: graph.steps.map(({ id }) => id) }
  const dir = await storeDirOfJob(jobDir, store, context)
  const opened = dir === undefined ? undefined : await openStore({ dir, readOnly: true })
  if (opened?.ok !== true) {
    const status = await jobStatus(jobDir, steps)
    return status.ok ? { ok: true, value: { status: status.value } } : status
  }
  try {
    const holder = jobHolder(opened.value, jobDir)
    const isRunning = holder?.run !== undefined
    const estimate = graph === undefined ? {} : { estimate: { graph, store: opened.value } }
    const status = await jobStatus(jobDir, { ...steps, ...estimate, isRunning })
    if (!status.ok) return status
    return { ok: true, value: { status: status.value, ...(holder !== undefined && isRunning ? { holder } : {}) } }
  } finally {
    await opened.value.close()
  }
}

/** Returns the state of a job as lines for people. */
export function statusLines(
  status: JobStatus,
  { cwd, env, stdout }: CliContext,
  rows: readonly StepStatus[] = groupItems(status.steps),
): readonly string[] {
  return statusTable(status, {
    rows,
    style: styleFor(stdout.isTerminal, env),
    showPath: (path) => displayPath(path, cwd),
  })
}

/** Returns the graph that the job's pipeline has with the job's params. */
async function graphOf(jobDir: string, config: string | undefined, context: CliContext): Promise<Graph | undefined> {
  const { readJob } = await import('../../engine/index.ts')
  const job = await readJob(jobDir)
  if (!job.ok) return undefined
  const pipelines = await loadPipelinesFor({ config, job: jobDir, wanted: undefined }, context)
  const found = pipelines.ok ? pipelines.value.get(job.value.pipeline) : undefined
  if (found === undefined) return undefined
  const graph = buildGraph(found.pipeline, job.value.params)
  return graph.ok ? graph.value : undefined
}
