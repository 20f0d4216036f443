import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../src/core/index.ts'
import { jobId } from '../../src/dash/jobs/job-rows.ts'
import { createWorkbench, type Workbench } from '../rig/workbench.ts'
import { type DashBench, openDashBench } from './dash-bench.ts'

const say = defineStage({
  name: 'say',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'text.txt' },
  run({ params, outputs, log }) {
    log(`saying ${params.text}`)
    writeFileSync(outputs.text, params.text)
  },
})

/** A pipeline of one step, which writes what it is told. */
export const saying = definePipeline({
  name: 'saying',
  inputs: {},
  params: z.object({ text: z.string().default('hello') }),
  build: ({ step, params }) => ({ text: step(say, {}, { params: { text: params.text } }).text }),
})

/** A dashboard with one job, which has run. */
export async function dashWithJob(): Promise<DashBench & { readonly bench: Workbench; readonly job: string }> {
  const bench = await createWorkbench()
  await bench.run(saying)
  const dash = await openDashBench(bench.store.dir, bench.dir)
  return { ...dash, bench, job: jobId(bench.jobDir) }
}
