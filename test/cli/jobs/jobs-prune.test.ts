import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { checkManifests, jobStatus, listJobs, type PruneOptions, pruneJobs } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const dayMs = 86_400_000

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ name: z.string() }),
  outputs: { text: 'deep/text.txt', folder: 'folder/', size: json(z.number()) },
  run({ outputs, params }) {
    writeFileSync(outputs.text, params.name)
    writeFileSync(`${outputs.folder}/a.txt`, 'a')
    return { size: 1 }
  },
})
const pipeline = definePipeline({
  name: 'making',
  inputs: {},
  params: z.object({}),
  build({ step, each }) {
    const one = step(make, {}, { id: 'one', params: { name: 'one' } })
    const more = each(['x', 'y'], (name) => step(make, {}, { id: 'more', params: { name } }))
    return { one: one.text, more: more.text }
  },
})

async function bench() {
  const workbench = await createWorkbench()
  await workbench.run(pipeline)
  const { store } = workbench
  const later = Date.now() + 31 * dayMs
  const prune = (options: Partial<PruneOptions> = {}) =>
    pruneJobs(store, { olderThanMs: 30 * dayMs, now: () => later, ...options })
  return { ...workbench, prune }
}

describe('a prune', () => {
  it('removes an old job whole, says how much it was, and loses no result', async () => {
    const { prune, jobDir, run, store } = await bench()
    const foretold = await prune({ dryRun: true })
    expect(existsSync(jobDir)).toBe(true)
    const report = await prune()
    expect(report).toEqual(foretold)
    expect(report).toMatchObject({ pruned: [{ jobDir, pipeline: 'making', kept: [] }], skipped: [] })
    expect(report.pruned[0]?.removedBytes).toBeGreaterThan(100)
    expect(existsSync(jobDir)).toBe(false)
    expect(listJobs(store)).toEqual({ jobs: [], gone: [] })
    expect(await prune()).toEqual({ pruned: [], skipped: [], forgotten: [] })
    expect((await run(pipeline)).executed).toEqual([])
    expect(listJobs(store).jobs).toMatchObject([{ jobDir, state: 'completed' }])
  })

  it('removes what a killed run was about to put in place', async () => {
    const { prune, jobDir } = await bench()
    mkdirSync(`${jobDir}/01_one/.reprise-7-h2k-1f`)
    writeFileSync(`${jobDir}/01_one/.reprise-7-h2k-1f/a.txt`, 'a')
    writeFileSync(`${jobDir}/01_one/deep/.reprise-7-h2k-20`, 'half')
    writeFileSync(`${jobDir}/01_one/manifest.json.7.tmp`, '{')
    expect(await prune()).toMatchObject({ pruned: [{ jobDir, kept: [] }] })
    expect(existsSync(jobDir)).toBe(false)
  })

  it('removes the steps of fan-outs inside one another, however deep', async () => {
    const { prune, run, path } = await bench()
    const deep = definePipeline({
      name: 'deep',
      inputs: {},
      params: z.object({}),
      build: ({ step, each }) =>
        each(['a'], () =>
          each(['b'], () => each(['c'], () => each(['d', 'e'], (name) => step(make, {}, { params: { name } })))),
        ),
    })
    const jobDir = path('deep')
    await run(deep, { jobDir })
    expect(readdirSync(path('deep', '01_make', 'a', 'b', 'c'))).toEqual(['d', 'e'])
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.steps.map(({ state }) => state)).toEqual(['done', 'done'])
    const checks = await checkManifests(jobDir)
    expect(checks.ok && checks.value).toHaveLength(2)
    expect((await prune()).pruned.find((job) => job.jobDir === jobDir)).toMatchObject({ kept: [] })
    expect(existsSync(jobDir)).toBe(false)
  })

  it('forgets a job whose directory is gone', async () => {
    const { prune, jobDir, store } = await bench()
    rmSync(jobDir, { recursive: true })
    expect(listJobs(store)).toEqual({ jobs: [], gone: [jobDir] })
    expect(await prune({ dryRun: true })).toEqual({ pruned: [], skipped: [], forgotten: [jobDir] })
    expect(listJobs(store).gone).toEqual([jobDir])
    expect(await prune()).toEqual({ pruned: [], skipped: [], forgotten: [jobDir] })
    expect(listJobs(store)).toEqual({ jobs: [], gone: [] })
  })

  it('leaves a young job alone, and one that was active in the future', async () => {
    const { prune, jobDir } = await bench()
    const young = { pruned: [], skipped: [], forgotten: [] }
    expect(await prune({ now: () => Date.now() + 29 * dayMs })).toEqual(young)
    expect(await prune({ now: () => Date.now() - 100 * dayMs })).toEqual(young)
    expect(existsSync(jobDir)).toBe(true)
  })

  it('never touches a job that is running, whatever the clock says', async () => {
    const { prune, store, jobDir } = await bench()
    const taken = store.leases.tryAcquire(`job:${jobDir}`, 'run 1')
    expect('lease' in taken).toBe(true)
    const skipped = [{ jobDir, why: `it is running (pid ${process.pid})` }]
    expect(await prune({ now: () => Date.now() + 10_000 * dayMs })).toEqual({ pruned: [], skipped, forgotten: [] })
    expect(await prune({ dryRun: true })).toEqual({ pruned: [], skipped, forgotten: [] })
    expect(existsSync(`${jobDir}/01_one/deep/text.txt`)).toBe(true)
  })

  it("keeps the user's own files and changed outputs, and names them", async () => {
    const { prune, jobDir, path } = await bench()
    writeFileSync(`${jobDir}/notes.txt`, 'mine')
    writeFileSync(`${jobDir}/01_one/beside.txt`, 'mine')
    writeFileSync(`${jobDir}/02_more/x/deep/text.txt`, 'corrected')
    mkdirSync(`${jobDir}/99_mine`)
    writeFileSync(`${jobDir}/99_mine/a.txt`, 'mine')
    symlinkSync(path('elsewhere'), `${jobDir}/98_link`)
    const report = await prune()
    expect(report.pruned[0]?.kept.map(({ path }) => path)).toEqual([
      '01_one/beside.txt',
      '02_more/x/deep/text.txt',
      '98_link',
      '99_mine/a.txt',
      'notes.txt',
    ])
    const left = readdirSync(jobDir, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
    expect(left.sort()).toEqual(['98_link', 'a.txt', 'beside.txt', 'notes.txt', 'text.txt'])
    expect(readFileSync(`${jobDir}/02_more/x/deep/text.txt`, 'utf8')).toBe('corrected')
  })

  it('follows no link out of the job', async () => {
    const { prune, jobDir, path } = await bench()
    renameSync(`${jobDir}/01_one`, path('treasure'))
    symlinkSync(path('treasure'), `${jobDir}/01_one`)
    renameSync(`${jobDir}/02_more/x/folder`, path('chest'))
    symlinkSync(path('chest'), `${jobDir}/02_more/x/folder`)
    const report = await prune()
    expect(report.pruned[0]?.kept).toEqual([
      { path: '01_one', why: 'it is a symbolic link' },
      { path: '02_more/x/folder', why: 'it is a symbolic link' },
    ])
    expect(existsSync(path('treasure/manifest.json'))).toBe(true)
    expect(existsSync(path('chest/a.txt'))).toBe(true)
  })

  it('refuses a job directory that is a link, and one whose record is not to be believed', async () => {
    const { prune, jobDir, path } = await bench()
    renameSync(jobDir, path('moved'))
    symlinkSync(path('moved'), jobDir)
    expect(await prune()).toEqual({ pruned: [], skipped: [{ jobDir, why: 'it is a symbolic link' }], forgotten: [] })
    expect(lstatSync(jobDir).isSymbolicLink()).toBe(true)
    const other = await bench()
    writeFileSync(`${other.jobDir}/job.json`, '{ "pipeline": "making" }')
    utimesSync(`${other.jobDir}/job.json`, 0, 0)
    const report = await other.prune()
    expect(report.pruned).toEqual([])
    expect(report.skipped[0]?.why).toContain('so it may not be a job')
    expect(existsSync(`${other.jobDir}/01_one/deep/text.txt`)).toBe(true)
  })
})
