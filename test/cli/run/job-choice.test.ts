import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseJob, type JobWords, type RecordedJob } from '../../../src/cli/run/job-choice.ts'
import type { NamedPipeline } from '../../../src/config/pipelines.ts'
import { definePipeline, file, json, optional } from '../../../src/core/index.ts'
import { shouting } from '../shouting.ts'

const singing = definePipeline({
  ...shouting,
  name: 'singing',
  inputs: { text: 'file', mood: 'file', lyrics: optional(file()) },
  build: () => ({}),
})
const pipelines = new Map<string, NamedPipeline>([
  ['shouting', { pipeline: shouting }],
  ['singing', { pipeline: singing }],
])
let cwd = ''
const jobs = new Map<string, RecordedJob>()

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'reprise-job-choice-'))
  jobs.clear()
})
afterEach(() => rmSync(cwd, { recursive: true }))

function record(dir: string, job: Partial<RecordedJob>): void {
  mkdirSync(join(cwd, dir), { recursive: true })
  writeFileSync(join(cwd, dir, 'job.json'), '{}')
  const inputs = { text: join(cwd, 'a.txt'), mood: join(cwd, 'b.txt') }
  jobs.set(join(cwd, dir), { pipeline: 'shouting', inputs, params: {}, device: 'cpu', ...job })
}

async function choose(words: Partial<JobWords>) {
  const asked = { pipelineName: undefined, paths: [], namedPaths: [], params: [], jobDir: undefined, cwd, ...words }
  return chooseJob(asked, pipelines, async (dir) => {
    const job = jobs.get(dir)
    if (job !== undefined) return { ok: true, value: job }
    return { ok: false, error: { kind: 'job-unusable', dir, reason: 'job.json is not valid JSON' } }
  })
}

async function chosen(words: Partial<JobWords>) {
  const job = await choose(words)
  if (!job.ok) throw new Error(job.error)
  return job.value
}

async function refusal(words: Partial<JobWords>) {
  const job = await choose(words)
  return job.ok ? '' : job.error
}

describe('inputs', () => {
  it('are bound in the order of the pipeline, by absolute path', async () => {
    const { inputs } = await chosen({ pipelineName: 'shouting', paths: ['a.txt', '/tmp/b.txt'] })
    expect(inputs).toEqual({ text: join(cwd, 'a.txt'), mood: '/tmp/b.txt' })
  })

  it('given by name leave the others to the order', async () => {
    const { inputs } = await chosen({ pipelineName: 'shouting', paths: ['b.txt'], namedPaths: ['text=a=1.txt'] })
    expect(inputs).toEqual({ text: join(cwd, 'a=1.txt'), mood: join(cwd, 'b.txt') })
  })

  it.each<[Partial<JobWords>, string]>([
    [{ paths: ['a.txt'] }, "missing input 'mood'; usage: reprise run shouting TEXT MOOD"],
    [{ paths: ['a.txt'], command: 'watch' }, "missing input 'mood'; usage: reprise watch shouting TEXT MOOD"],
    [{ paths: ['a', 'b', 'c'] }, "unexpected input 'c': the pipeline 'shouting' takes 2 inputs (text, mood)"],
    [{ namedPaths: ['txet=a'] }, "unknown input 'txet': did you mean 'text'? (valid: text, mood)"],
    [{ namedPaths: ['text'] }, "--input takes name=value, not 'text'"],
    [{ namedPaths: ['text=a', 'text=b'] }, "the input 'text' is given 2 times; give it once"],
  ])('%j is refused', async (words, message) => {
    expect(await refusal({ pipelineName: 'shouting', ...words })).toBe(message)
  })
})

describe('a file that is given for the corrections of a job, and holds none', () => {
  const corrected = definePipeline({
    ...shouting,
    name: 'corrected',
    inputs: { film: 'file', corrections: optional(json()) },
    overlay: {
      input: 'corrections',
      step: 'shout',
      take: () => ({ corrections: {}, changed: 0, whole: [], refused: [] }),
    },
    build: () => ({}),
  })
  const words = { pipelineName: 'corrected', paths: ['talk.mp4', 'en.srt'] }
  beforeEach(() => void pipelines.set('corrected', { pipeline: corrected }))

  it('is refused with what people may want', async () => {
    writeFileSync(join(cwd, 'en.srt'), '1\n')
    expect((await refusal(words)).split('\n')).toEqual([
      "'corrected' takes corrections as JSON there, as a job writes them, and en.srt holds none",
      "to take what you corrected in a copy of a job's file: reprise corrections JOB ./en.srt",
      'to fit subtitles to a film: reprise run retime ./talk.mp4 ./en.srt',
    ])
    record('corrected-talk', { pipeline: 'corrected', inputs: { film: join(cwd, 'talk.mp4') } })
    expect(await refusal(words)).toContain('reprise corrections ./corrected-talk ./en.srt')
  })

  it('is taken where it is JSON', async () => {
    writeFileSync(join(cwd, 'en.srt'), '{}')
    expect((await chosen(words)).inputs.corrections).toBe(join(cwd, 'en.srt'))
  })
})

describe('the job directory', () => {
  const words = { pipelineName: 'shouting', paths: ['in/a.b.txt', 'b.txt'] }

  it('is named after the pipeline and the first input', async () => {
    expect((await chosen(words)).jobDir).toBe(join(cwd, 'shouting-a.b'))
  })

  it('stays inside the current directory whatever the input is called', async () => {
    expect((await chosen({ ...words, paths: ['x/..', 'b'] })).jobDir.startsWith(join(cwd, 'shouting-'))).toBe(true)
  })

  it('is the same for the same inputs', async () => {
    record('shouting-a.b', { inputs: { text: join(cwd, 'in/a.b.txt'), mood: join(cwd, 'b.txt') } })
    expect((await chosen(words)).jobDir).toBe(join(cwd, 'shouting-a.b'))
  })

  it('is another where that name is taken by other inputs', async () => {
    record('shouting-a.b', { inputs: { text: '/else/a.b.txt', mood: join(cwd, 'b.txt') } })
    expect((await chosen(words)).jobDir).toBe(join(cwd, 'shouting-a.b-2'))
  })
})

describe('a job that exists', () => {
  it('gives pipeline, inputs, params and device when nothing else is said', async () => {
    record('job', { params: { mark: '?', times: [2] }, device: 'cuda' })
    const job = await chosen({ jobDir: 'job', params: ['times=3,4'] })
    expect(job).toEqual({
      pipeline: shouting,
      inputs: { text: join(cwd, 'a.txt'), mood: join(cwd, 'b.txt') },
      params: { mark: '?', times: [3, 4] },
      jobDir: join(cwd, 'job'),
      device: 'cuda',
    })
  })

  it('gives neither params nor inputs to a command that names the pipeline and inputs', async () => {
    const inputs = { mood: join(cwd, 'b.txt'), text: join(cwd, 'a.txt'), lyrics: join(cwd, 'c.lrc') }
    record('job', { pipeline: 'singing', inputs, params: { mark: '?' } })
    const asked = { jobDir: 'job', pipelineName: 'singing' }
    const job = await chosen({ ...asked, paths: ['c', 'd'] })
    expect([job.inputs, job.params]).toEqual([{ text: join(cwd, 'c'), mood: join(cwd, 'd') }, {}])
    expect(await refusal({ ...asked, namedPaths: ['mood=c'] })).toBe(
      "missing input 'text'; usage: reprise run singing TEXT MOOD [LYRICS], or, to keep what the job has, without 'singing'",
    )
  })

  it('keeps its inputs and its params for a command that names only the pipeline', async () => {
    record('job', { params: { mark: '?', times: [2] } })
    const job = await chosen({ jobDir: 'job', pipelineName: 'shouting', params: ['times=3'] })
    expect(job.inputs).toEqual({ text: join(cwd, 'a.txt'), mood: join(cwd, 'b.txt') })
    expect(job.params).toEqual({ mark: '?', times: [3] })
  })

  it('keeps its params, and its other inputs, when one is changed by name', async () => {
    record('job', { params: { mark: '?' } })
    const job = await chosen({ jobDir: 'job', namedPaths: ['mood=c.txt'] })
    expect(job.params).toEqual({ mark: '?' })
    expect(job.inputs).toEqual({ text: join(cwd, 'a.txt'), mood: join(cwd, 'c.txt') })
  })

  it('loses an input that may be left out, and no other, when its path is empty', async () => {
    const named = { mood: join(cwd, 'b.txt'), text: join(cwd, 'a.txt'), lyrics: join(cwd, 'c.lrc') }
    record('job', { pipeline: 'singing', inputs: named, params: { mark: '?' } })
    const job = await chosen({ jobDir: 'job', namedPaths: ['lyrics='] })
    expect(job.inputs).toEqual({ mood: named.mood, text: named.text })
    expect(job.params).toEqual({ mark: '?' })
    expect(await refusal({ jobDir: 'job', namedPaths: ['text='] })).toBe("the input 'text' is given no path")
  })

  it('of another pipeline is refused, with what to do', async () => {
    record('job', { pipeline: 'subtitles' })
    expect(await refusal({ jobDir: 'job', pipelineName: 'shouting', paths: ['a', 'b'] })).toBe(
      "job is a job of the pipeline 'subtitles', not of 'shouting'; choose another directory with --job, or resume it with: reprise run --job job",
    )
  })

  it.each<[string, Partial<JobWords>, string]>([
    ['nothing', {}, 'no pipeline given; name one: reprise run PIPELINE INPUT'],
    ['a directory without a job', { jobDir: 'nowhere' }, 'no job in ./nowhere and no pipeline given'],
    ['an unknown pipeline', { pipelineName: 'shuoting' }, "unknown pipeline 'shuoting': did you mean 'shouting'?"],
  ])('%s is no job', async (_name, words, message) => expect(await refusal(words)).toContain(message))

  it('whose record cannot be used is refused with the reason', async () => {
    mkdirSync(join(cwd, 'job'))
    writeFileSync(join(cwd, 'job', 'job.json'), 'garbage')
    expect(await refusal({ jobDir: 'job' })).toContain('job.json is not valid JSON')
  })
})
