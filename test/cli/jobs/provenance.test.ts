import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../../src/cli/program/program.ts'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

const hostile = '"><script>alert(1)</script>'

const cut = defineStage({
  name: 'cut',
  version: 3,
  inputs: { text: 'file' },
  params: z.object({ at: z.number(), label: z.string() }),
  outputs: { head: 'head #1.txt', rest: 'rest/' },
  run({ inputs, outputs, params }) {
    const text = readFileSync(inputs.text, 'utf8')
    writeFileSync(outputs.head, text.slice(0, params.at))
    mkdirSync(outputs.rest, { recursive: true })
    writeFileSync(join(outputs.rest, 'rest.txt'), text.slice(params.at))
  },
})
const shout = defineStage({
  name: 'shout',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ fails: z.boolean() }),
  outputs: { loud: 'loud.txt' },
  run({ inputs, outputs, params, fail }) {
    if (params.fails) fail(`too quiet ${hostile}`)
    writeFileSync(outputs.loud, readFileSync(inputs.text, 'utf8').toUpperCase())
  },
})
const pipeline = definePipeline({
  name: 'cutting',
  inputs: { text: 'file' },
  params: z.object({ fails: z.boolean().default(false) }),
  build({ step, each, inputs, params }) {
    const { head, rest } = step(cut, inputs, { params: { at: 4, label: hostile } })
    const loud = each(['a', 'b'], (name) =>
      step(shout, { text: head }, { params: { fails: params.fails && name === 'b' } }),
    ).loud
    return { rest, loud }
  },
})

async function bench() {
  const { run, dir, jobDir, path } = await createWorkbench()
  const text = path('tale.txt')
  writeFileSync(text, 'once upon a time')
  const go = (fails = false) => run(pipeline, { inputs: { text }, params: { fails } })
  const cli = async (...args: readonly string[]) => {
    const fake = fakeContext({ cwd: dir })
    const exitCode = await main(['report', 'job', ...args], fake.context)
    return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
  }
  return { go, jobDir, cli, read: (name: string) => readFileSync(join(jobDir, name), 'utf8') }
}

const entity = z.looseObject({ '@id': z.string(), '@type': z.union([z.string(), z.array(z.string())]) })
const crate = z.object({ '@graph': z.array(entity) })
const graphOf = (text: string) => crate.parse(JSON.parse(text))['@graph']

/** Returns the ids that an entity refers to. */
function referred(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referred)
  if (typeof value !== 'object' || value === null) return []
  return '@id' in value ? [String(value['@id'])] : []
}

describe('the crate of a job', () => {
  it('tells of each step what it read and made, by paths that are there and digests of the store', async () => {
    const { go, jobDir, cli, read } = await bench()
    const { of } = await go()
    const site = 'https://example.org'
    expect(
      await cli('--crate', '--author', 'Ada', '--organization', 'Example', '--organization-url', site),
    ).toMatchObject({
      exitCode: 0,
      stdout: './job/ro-crate-metadata.json\n',
      stderr: '',
    })
    const graph = graphOf(read('ro-crate-metadata.json'))
    const ids = graph.map((one) => one['@id'])
    expect(new Set(ids).size).toBe(ids.length)
    const unknown = graph.flatMap((one) =>
      Object.values(one)
        .flatMap(referred)
        .filter((id) => !ids.includes(id) && !id.startsWith('https://')),
    )
    expect(unknown).toEqual([])
    const data = graph.filter(({ '@type': type }) => ['File', 'Dataset'].includes([type].flat()[0] ?? ''))
    expect(data.map((one) => decodeURIComponent(one['@id'])).filter((id) => !existsSync(join(jobDir, id)))).toEqual([])
    const stored = new Set(of('artifact_stored').map(({ digest }) => digest.replace('b3:', 'urn:blake3:')))
    const made = data.flatMap((one) => (typeof one.identifier === 'string' ? [one.identifier] : []))
    expect(made.length).toBeGreaterThan(3)
    expect(made.filter((identifier) => !stored.has(identifier))).toEqual([])
    const [shouted] = graph.filter((one) => one['@type'] === 'CreateAction' && one.name === 'shout/a')
    const [head] = graph.filter((one) => one['@id'].endsWith('head%20%231.txt'))
    expect(referred(shouted?.object)).toContain(head?.['@id'])
    expect(shouted).toMatchObject({
      agent: { '@id': '#author' },
      actionStatus: 'http://schema.org/CompletedActionStatus',
    })
    expect(graph.find((one) => one['@id'] === '#organization')).toMatchObject({ name: 'Example', url: site })
    expect(read('README.md')).toContain('cutting')
    expect(JSON.parse(read('pipeline.json')).steps[1]).toMatchObject({ step: 'shout/a', after: ['cut'] })
    expect(read('ro-crate-metadata.json')).not.toContain(jobDir)
  })

  it('says which step failed and why', async () => {
    const { go, cli, read } = await bench()
    await go(true)
    expect(await cli('--crate')).toMatchObject({ exitCode: 0 })
    const failed = graphOf(read('ro-crate-metadata.json')).filter(({ error }) => error !== undefined)
    expect(failed).toMatchObject([{ name: 'shout/b', error: `too quiet ${hostile}` }])
  })

  it('overwrites no README of a person, and takes no flags of other forms', async () => {
    const { go, jobDir, cli, read } = await bench()
    await go()
    await cli('--crate')
    expect((await cli('--crate')).exitCode).toBe(0)
    writeFileSync(join(jobDir, 'README.md'), 'my notes')
    expect(await cli('--crate')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('move it away') })
    expect(read('README.md')).toBe('my notes')
    rmSync(join(jobDir, 'README.md'))
    // Nothing is written through a link that leads out of the job.
    writeFileSync(join(jobDir, '../other.json'), 'mine')
    rmSync(join(jobDir, 'pipeline.json'), { force: true })
    symlinkSync('../other.json', join(jobDir, 'pipeline.json'))
    expect(await cli('--crate')).toMatchObject({ exitCode: 0 })
    expect(read('../other.json')).toBe('mine')
    expect(JSON.parse(read('pipeline.json'))).toMatchObject({ pipeline: 'cutting' })
    for (const wrong of [
      ['--crate', '--prov'],
      ['--crate', '--json'],
      ['--prov', '-o', 'x'],
      ['--author', 'Ada'],
    ])
      expect(await cli(...wrong)).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('the PROV-JSON of a job', () => {
  it('links each file to the step that made it, and to those that read it', async () => {
    const { go, cli } = await bench()
    await go()
    const { stdout } = await cli('--prov')
    const record = z.record(z.string(), z.record(z.string(), z.unknown()))
    const prov = z
      .object({ entity: record, activity: record, used: record, wasGeneratedBy: record })
      .parse(JSON.parse(stdout))
    const head = Object.keys(prov.entity).find((id) => prov.entity[id]?.['prov:label'] === '01_cut/head #1.txt') ?? ''
    expect(Object.values(prov.wasGeneratedBy)).toContainEqual(
      expect.objectContaining({ 'prov:entity': head, 'prov:activity': 'step:1', 'prov:role': 'head' }),
    )
    expect(Object.values(prov.used).filter((use) => use['prov:entity'] === head)).toHaveLength(2)
    expect(prov.activity['step:1']).toMatchObject({ 'prov:label': 'cut', 'prov:type': 'cut 3' })
    expect(Object.values(prov.entity)).toContainEqual({ 'prov:label': 'tale.txt' })
  })
})
