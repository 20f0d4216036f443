import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, type Event } from '../../../src/core/index.ts'
import { checkManifests, jobStatus, listJobs, pruneJobs, readJobEvents } from '../../../src/engine/index.ts'
import { controlledPipeline, createControl } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ fails: z.boolean().default(false), text: z.string() }),
  outputs: { text: 'text.txt' },
  run({ outputs, params, fail }) {
    if (params.fails) fail('as asked')
    writeFileSync(outputs.text, params.text)
  },
})
const pipeline = definePipeline({
  name: 'two',
  inputs: {},
  params: z.object({ fails: z.boolean().default(false) }),
  build: ({ step, params }) => ({
    one: step(make, {}, { id: 'one', params: { text: '1' } }).text,
    two: step(make, {}, { id: 'two', params: { text: '2', ...params } }).text,
  }),
})

async function bench() {
  const workbench = await createWorkbench()
  await workbench.run(pipeline)
  const { jobDir } = workbench
  const at = (name: string) => join(jobDir, name)
  const text = (name: string) => readFileSync(at(name), 'utf8')
  return { ...workbench, at, text }
}

/** Things that are no record of a job, whoever wrote them. */
const garbage = ['', '{', '\0\xff\0', 'null', '[]', '"job"', '{"version":1}', '{"version":0,"pipeline":"two"}']

describe('a job whose record', () => {
  it('is garbage is told of, not believed, and written anew by a run that executes nothing', async () => {
    const { run, at, jobDir, text } = await bench()
    for (const broken of garbage) {
      writeFileSync(at('job.json'), broken)
      const status = await jobStatus(jobDir)
      expect(status).toMatchObject({ ok: false, error: { kind: 'job-unusable', dir: jobDir } })
      const { executed, result, of } = await run(pipeline)
      expect(executed).toEqual([])
      expect(result.status).toBe('completed')
      expect(of('pipeline_warning')).toMatchObject([{ message: expect.stringMatching(/^job\.json .*rewrites it/) }])
      expect(JSON.parse(text('job.json'))).toMatchObject({ version: 1, pipeline: 'two' })
    }
  })

  it('says what the run would say is written once, as the run ends', async () => {
    const { run, at } = await bench()
    const isLeftAtStart = async (params: object) => {
      utimesSync(at('job.json'), 0, 0)
      const isLeft = () => statSync(at('job.json')).mtimeMs === 0
      let wasLeft = false
      const onEvent = ({ event }: Event) => {
        if (event === 'pipeline_started') wasLeft = isLeft()
      }
      await run(pipeline, { params, onEvent })
      expect(isLeft()).toBe(false)
      return wasLeft
    }
    expect(await isLeftAtStart({})).toBe(true)
    expect(await isLeftAtStart({ fails: true })).toBe(false)
  })

  it('is of a later release is refused, and left as it is', async () => {
    const { run, at, jobDir, text, store } = await bench()
    const later = '{"version":2,"pipeline":"two","more":"than we know"}'
    writeFileSync(at('job.json'), later)
    const { result, executed } = await run(pipeline)
    const reason = expect.stringContaining('update Reprise')
    expect(result.failure).toEqual({ kind: 'job-unusable', dir: jobDir, reason })
    expect(executed).toEqual([])
    expect(text('job.json')).toBe(later)
    expect(await jobStatus(jobDir)).toEqual({ ok: false, error: { kind: 'job-unusable', dir: jobDir, reason } })
    expect(listJobs(store).jobs).toMatchObject([{ jobDir, problem: reason }])
    const pruned = await pruneJobs(store, { olderThanMs: 0, now: () => Date.now() + 1e9 })
    expect(pruned).toMatchObject({ pruned: [], skipped: [{ jobDir, why: reason }] })
    expect(text('job.json')).toBe(later)
    expect(store.leases.held('run:')).toEqual([])
  })

  it('is gone is written anew', async () => {
    const { run, at } = await bench()
    rmSync(at('job.json'))
    expect((await run(pipeline)).executed).toEqual([])
  })

  it('cannot be written is still run', async () => {
    const { run, at } = await bench()
    rmSync(at('job.json'))
    mkdirSync(at('job.json'))
    const { result, of } = await run(pipeline)
    expect(result.status).toBe('completed')
    expect(of('pipeline_warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('job.json could not be written'),
    )
  })
})

describe('a manifest', () => {
  const broken: readonly [string, (text: string) => string][] = [
    ['is garbage', () => '\0{'],
    ['is cut off', (text) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is of a later release', (text) => text.replace('"schema_version": 1', '"schema_version": 2')],
    ['lacks its version', (text) => text.replace('"schema_version": 1,', '')],
    ['lacks a field', (text) => text.replace(/"duration_ms": \d+,/, '')],
    ['holds a field that nobody knows', (text) => text.replace('{', '{"__proto__": {}, "more": 1,')],
    ['names another key', (text) => text.replace(/"action_key": "\w+"/, '"action_key": "abc"')],
  ]

  it('that says already that its step is a hit is left as it is, until somebody changes it', async () => {
    const { run, at, text } = await bench()
    await run(pipeline)
    const written = () => statSync(at('01_one/manifest.json')).ino
    const before = written()
    await run(pipeline)
    expect(written()).toBe(before)
    appendFileSync(at('01_one/manifest.json'), ' ')
    await run(pipeline)
    expect(written()).not.toBe(before)
    expect(JSON.parse(text('01_one/manifest.json'))).toMatchObject({ step: 'one', cache: 'hit' })
  })

  it.each(broken)('that %s is told of, not believed, and written anew from the store', async (_, damage) => {
    const { run, at, jobDir, text } = await bench()
    const whole = text('01_one/manifest.json')
    writeFileSync(at('01_one/manifest.json'), damage(whole))
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value.recovered).toEqual([expect.stringContaining('01_one/manifest.json')])
    expect(status.ok && status.value.steps.map(({ step, state }) => [step, state])).toEqual([
      ['one', 'not-yet'],
      ['two', 'done'],
    ])
    const checked = await checkManifests(jobDir)
    expect(checked.ok && checked.value.map(({ problems }) => problems.length > 0)).toEqual([true, false])
    const { executed, cached } = await run(pipeline)
    expect(executed).toEqual([])
    expect(cached).toEqual(['one', 'two'])
    const again = await checkManifests(jobDir)
    expect(again.ok && again.value.flatMap(({ problems }) => problems)).toEqual([])
    const after = await jobStatus(jobDir)
    expect(after.ok && after.value.recovered).toEqual([])
  })

  it('whose step directory is a file of somebody fails its step, and leaves the file', async () => {
    const { run, at, text } = await bench()
    rmSync(at('01_one'), { recursive: true })
    writeFileSync(at('01_one'), 'a file')
    const { result } = await run(pipeline)
    expect(result.status).toBe('failed')
    expect(result.failure).toMatchObject({ kind: 'job-unusable' })
    expect(text('01_one')).toBe('a file')
  })
})

describe('the log of events', () => {
  it('whose last line was cut off loses that line, and nothing of the run that follows', async () => {
    const { run, at, jobDir } = await bench()
    const before = await readJobEvents(jobDir)
    appendFileSync(at('events.jsonl'), '{"event":"stage_running","ts":"20')
    const { events } = await run(pipeline)
    expect(await readJobEvents(jobDir)).toEqual([...before, ...events])
    expect(events[0]?.event).toBe('pipeline_started')
  })

  it('that is garbage is not believed', async () => {
    const { run, at, jobDir } = await bench()
    writeFileSync(at('events.jsonl'), '\0\xff{"event":"nothing"}\n{"event":"stage_running"}\n[]\n')
    const status = await jobStatus(jobDir)
    expect(status.ok && status.value).toMatchObject({
      state: 'completed',
      steps: [{ state: 'done' }, { state: 'done' }],
    })
    expect((await run(pipeline)).executed).toEqual([])
  })
})

describe('a job that is gone on with', () => {
  it('says how many of its steps have a result', async () => {
    const { run, at } = await createWorkbench().then((made) => ({
      ...made,
      at: (name: string) => join(made.jobDir, name),
    }))
    const failing = { params: { fails: true }, keepGoing: true }
    expect((await run(pipeline, failing)).of('pipeline_resumed')).toEqual([])
    const again = await run(pipeline, failing)
    expect(again.of('pipeline_resumed')).toMatchObject([{ done: 1 }])
    expect((await run(pipeline)).of('pipeline_resumed')).toMatchObject([{ done: 1 }])
    expect((await run(pipeline)).of('pipeline_resumed')).toMatchObject([{ done: 2 }])
    rmSync(at('02_two'), { recursive: true })
    expect((await run(pipeline)).of('pipeline_resumed')).toMatchObject([{ done: 1 }])
  })
})

describe('a run that waits for its job', () => {
  it('is cancelled, and has then done nothing', async () => {
    const { run, store, jobDir } = await createWorkbench()
    const control = createControl()
    const gated = controlledPipeline(control, { a: {} })
    const first = run(gated)
    const a = await control.invoked('a')
    const cancel = new AbortController()
    const second = await run(gated, { signal: cancel.signal, onEvent: () => cancel.abort() })
    expect(second.result).toMatchObject({ status: 'cancelled', failedSteps: [] })
    expect(second.result.failure).toBeUndefined()
    expect(second.events.map(({ event }) => event)).toEqual(['pipeline_warning'])
    expect(store.leases.held('run:')).toHaveLength(1)
    a.finish()
    expect((await first).result.status).toBe('completed')
    expect(store.leases.held(`job:${jobDir}`)).toEqual([])
  })
})

describe('a job directory', () => {
  it.each(['.', 'blobs/job'])('is none inside the store: %s', async (inside) => {
    const { run, store } = await createWorkbench()
    const before = readdirSync(store.dir, { recursive: true })
    const { result } = await run(pipeline, { jobDir: join(store.dir, inside) })
    expect(result.failure).toMatchObject({
      kind: 'job-unusable',
      reason: expect.stringMatching(/^it is inside the store/),
    })
    expect(readdirSync(store.dir, { recursive: true })).toEqual(before)
  })

  it('is not made by a run that was cancelled before it had begun', async () => {
    const { run, jobDir } = await createWorkbench()
    const { result, events } = await run(pipeline, { signal: AbortSignal.abort() })
    expect(result.status).toBe('cancelled')
    expect(events).toEqual([])
    expect(existsSync(jobDir)).toBe(false)
  })

  it('that is reached by a link is that of the same job: its runs wait for each other', async () => {
    const { run, jobDir, path } = await createWorkbench()
    const control = createControl()
    const pipeline = controlledPipeline(control, { a: {} })
    mkdirSync(jobDir)
    symlinkSync(jobDir, path('link'))
    const first = run(pipeline)
    const a = await control.invoked('a')
    const second = run(pipeline, {
      jobDir: path('link'),
      onEvent: ({ event }) => {
        if (event === 'pipeline_warning') a.finish()
      },
    })
    expect((await first).result.status).toBe('completed')
    expect((await second).of('pipeline_warning').map(({ message }) => message)).toEqual([
      expect.stringMatching(/another run .* is using this job/),
    ])
    expect((await second).cached).toEqual(['a'])
  })
})
