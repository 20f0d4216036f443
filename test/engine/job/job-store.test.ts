import { describe, expect, it } from 'vitest'
import { pruneJobs } from '../../../src/engine/index.ts'
import { controlledPipeline, createControl } from '../../rig/controlled-stage.ts'
import { createWorkbench, openTestStore } from '../../rig/workbench.ts'

async function bench() {
  const control = createControl()
  const workbench = await createWorkbench()
  const other = await openTestStore(workbench.path('other-store'))
  return { ...workbench, control, other, pipeline: controlledPipeline(control, { only: {} }) }
}

describe('a job that is run with one store', () => {
  it('is refused to a run with another, which would sweep its workspaces, and free again at its end', async () => {
    const { control, run, pipeline, store, other } = await bench()
    const first = run(pipeline)
    const invocation = await control.invoked('only')
    const refused = await run(pipeline, { store: other })
    expect(refused.executed).toEqual([])
    expect(refused.result).toMatchObject({ status: 'failed', failure: { kind: 'job-unusable' } })
    expect(refused.result.status === 'failed' && refused.result.failure).toMatchObject({
      reason: expect.stringContaining(`another run (pid ${process.pid}) uses it with the store ${store.dir}`),
    })
    invocation.finish('text')
    expect((await first).result.status).toBe('completed')

    const again = run(pipeline, { store: other })
    const invokedAgain = await control.invoked('only')
    invokedAgain.finish('text')
    expect((await again).result.status).toBe('completed')
  })

  it('is not pruned by the store that had it before', async () => {
    const { control, run, pipeline, store, other, jobDir } = await bench()
    for (const used of [store, other]) {
      const running = run(pipeline, { store: used })
      const invocation = await control.invoked('only')
      invocation.finish('text')
      await running
    }
    const report = await pruneJobs(store, { olderThanMs: 0 })
    expect(report.pruned).toEqual([])
    expect(report.skipped).toEqual([
      { jobDir, why: `it last ran with the store ${other.dir}; prune it with --store ${other.dir}` },
    ])
    expect((await pruneJobs(other, { olderThanMs: 0 })).pruned).toMatchObject([{ jobDir }])
  })
})
