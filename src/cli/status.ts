import { resolve } from 'node:path'
import { buildGraph, describeFailure, exitCodeOf, exitCodes } from '../core/index.ts'
import { statusTable } from '../report/status-table.ts'
import { styleFor } from '../report/style.ts'
import { command } from './command.ts'
import { loadPipelines } from './pipelines.ts'
import { configFlags, storeFlags } from './run-flags.ts'
import { storeDir } from './store-location.ts'
import type { Surroundings } from './surroundings.ts'

/** `reprise status`: shows how far a job is. */
export const statusCommand = command({
  name: 'status',
  description: 'Shows how far a job is, step by step.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    json: { kind: 'switch', description: 'Writes the status as one JSON object.' },
    ...storeFlags,
    ...configFlags,
  },
  examples: [
    { line: 'reprise status ./subtitles-talk', does: 'shows each step: done, failed and why, interrupted, or not yet' },
    { line: 'reprise status ./subtitles-talk --json', does: 'says the same for a script' },
  ],
  async execute({ flags, positionals }, surroundings) {
    const { cwd, env, stdout, stderr } = surroundings
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const { jobStatus } = await import('../engine/index.ts')
    const steps = await stepsOf(jobDir, flags.config, surroundings)
    const isRunning = await isHeld(jobDir, flags.store, surroundings)
    const status = await jobStatus(jobDir, { isRunning, ...(steps === undefined ? {} : { steps }) })
    if (!status.ok) {
      stderr.write(`reprise status: ${describeFailure(status.error)}\n`)
      return exitCodeOf(status.error)
    }
    if (flags.json) stdout.write(`${JSON.stringify(status.value)}\n`)
    else stdout.write(`${statusTable(status.value, styleFor(stdout.isTerminal, env)).join('\n')}\n`)
    return exitCodes.ok
  },
})

/** Returns the steps that the job's pipeline has with the job's params, so that those not yet begun are shown, too. */
async function stepsOf(
  jobDir: string,
  config: string | undefined,
  { cwd }: Surroundings,
): Promise<readonly string[] | undefined> {
  const { readJob } = await import('../engine/index.ts')
  const job = await readJob(jobDir)
  if (!job.ok) return undefined
  const pipelines = await loadPipelines(cwd, config)
  const found = pipelines.ok ? pipelines.value.get(job.value.pipeline) : undefined
  if (found === undefined) return undefined
  const graph = buildGraph(found.pipeline, job.value.params)
  return graph.ok ? graph.value.steps.map(({ id }) => id) : undefined
}

/** Returns whether a live process holds the job: its lease is in the store that it runs with. */
async function isHeld(jobDir: string, storeFlag: string | undefined, surroundings: Surroundings): Promise<boolean> {
  const { openStore } = await import('../../store/index.ts')
  const store = await openStore({ dir: storeDir(storeFlag, surroundings), readOnly: true })
  if (!store.ok) return false
  const held = store.value.leases.held().some(({ name }) => name === `job:${jobDir}`)
  await store.value.close()
  return held
}
