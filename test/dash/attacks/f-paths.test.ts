import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { openWithin } from '../../../src/dash/files/open-within.ts'
import { jobId } from '../../../src/dash/jobs/job-rows.ts'
import { createWorkbench, temporaryDirectory } from '../../rig/workbench.ts'
import { type DashBench, openDashBench, type Visit } from '../dash-bench.ts'

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({}),
  outputs: { one: 'one.txt', many: 'many/' },
  run({ outputs }) {
    writeFileSync(outputs.one, 'the one')
    mkdirSync(join(outputs.many, 'deep'), { recursive: true })
    writeFileSync(join(outputs.many, 'deep', 'a b.txt'), 'a leaf')
  },
})
const pipeline = definePipeline({
  name: 'making',
  inputs: {},
  params: z.object({}),
  build: ({ step }) => step(make, {}),
})

interface Files extends DashBench {
  readonly visit: Visit
  readonly jobDir: string
  readonly root: string
  get(query: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: string }>
}

async function files(): Promise<Files> {
  const bench = await createWorkbench()
  await bench.run(pipeline)
  writeFileSync(bench.path('secret.txt'), 'root:x:0:0')
  const dash = await openDashBench(bench.store.dir, bench.dir)
  const visit = await dash.enter()
  const get = (query: Readonly<Record<string, string>>) => {
    const all = Object.entries({ job: jobId(bench.jobDir), step: 'make', output: 'one', ...query })
    return dash.as(visit, {
      path: `/files?${all.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`,
    })
  }
  return { ...dash, visit, jobDir: bench.jobDir, root: bench.dir, get }
}

async function control({ get, bugs }: Files): Promise<void> {
  const answers = [await get({}), await get({ output: 'many', entry: 'deep/a b.txt' })]
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, 'the one'],
    [200, 'a leaf'],
  ])
  expect(bugs).toEqual([])
}

it('F1 follows no way up, however it is written', async () => {
  const bench = await files()
  const ways = [
    '../secret.txt',
    '../../../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e%2fsecret.txt',
    '..\\secret.txt',
    'deep/../../../secret.txt',
    './deep/a b.txt',
    'deep//a b.txt',
    '/deep/a b.txt',
    'deep/a b.txt/',
  ]
  for (const entry of ways) expect([entry, (await bench.get({ output: 'many', entry })).status]).toEqual([entry, 404])
  for (const output of ['../one', 'one/..', '..', '__proto__', 'constructor', 'toString'])
    expect((await bench.get({ output })).status).toBe(404)
  for (const step of ['../make', 'make/../make', '01_make', '__proto__', ''])
    expect((await bench.get({ step })).status).toBe(404)
  await control(bench)
})

it('F2 decodes nothing twice, and takes no NUL, drive, stream or short name', async () => {
  const bench = await files()
  const names = [
    'deep%2Fa%20b.txt',
    'deep/a%20b.txt',
    'deep/a b.txt::$DATA',
    'DEEP~1/AB~1.TXT',
    'C:\\secret.txt',
    'deep/a b.txt?raw??',
    'deep/a b.txt;x',
  ]
  for (const entry of names) expect([entry, (await bench.get({ output: 'many', entry })).status]).toEqual([entry, 404])
  for (const raw of ['entry=deep%00', 'entry=%', 'entry=%ff%fe', 'output=one&output=many'])
    expect((await bench.as(bench.visit, { path: `/files?job=x&step=make&${raw}` })).status).toBe(400)
  await control(bench)
})

it('F3 has no address for an absolute path', async () => {
  const bench = await files()
  for (const entry of [join(bench.root, 'secret.txt'), '/etc/passwd', 'file:///etc/passwd'])
    for (const output of ['one', 'many', entry]) expect((await bench.get({ output, entry })).status).toBe(404)
  for (const path of [
    '/files/etc/passwd',
    '//etc/passwd',
    '/files/../etc/passwd',
    '/@fs/etc/passwd',
    '/.%2e/secret.txt',
  ])
    expect([400, 404]).toContain((await bench.as(bench.visit, { path })).status)
  await control(bench)
})

it('F4 follows no link in a tree, nor one in the place of a directory', async () => {
  const bench = await files()
  const many = join(bench.jobDir, '01_make', 'many')
  symlinkSync(join(bench.root, 'secret.txt'), join(many, 'link.txt'))
  symlinkSync(bench.root, join(many, 'up'))
  expect((await bench.get({ output: 'many', entry: 'link.txt' })).status).toBe(404)
  expect((await bench.get({ output: 'many', entry: 'up/secret.txt' })).status).toBe(404)
  await control(bench)
  renameSync(many, join(bench.root, 'elsewhere'))
  symlinkSync(join(bench.root, 'elsewhere'), many)
  expect((await bench.get({ output: 'many', entry: 'deep/a b.txt' })).status).toBe(404)
})

it('F5 opens what it looked at: a file that is replaced meanwhile is another one', () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'a'))
  writeFileSync(join(dir, 'a', 'b.txt'), 'mine')
  writeFileSync(join(dir, 'secret.txt'), 'secret')
  expect(openWithin(dir, 'a/b.txt')).toBeDefined()
  rmSync(join(dir, 'a', 'b.txt'))
  symlinkSync(join(dir, 'secret.txt'), join(dir, 'a', 'b.txt'))
  expect(openWithin(dir, 'a/b.txt')).toBeUndefined()
  for (const path of ['a/../secret.txt', '../x', '/secret.txt', 'a/./b.txt', 'a\\..\\secret.txt', 'a/b.txt\0', ''])
    expect(openWithin(dir, path)).toBeUndefined()
})

it('F6 waits for no pipe, and lists no directory', async () => {
  const bench = await files()
  const one = join(bench.jobDir, '01_make', 'one.txt')
  rmSync(one)
  execFileSync('mkfifo', [one])
  expect((await bench.get({})).status).toBe(404)
  rmSync(one)
  mkdirSync(one)
  expect((await bench.get({})).status).toBe(404)
  expect((await bench.get({ output: 'many' })).status).toBe(404)
  rmSync(one, { recursive: true })
  writeFileSync(one, 'the one')
  await control(bench)
})

it('F7 shows nothing that is in no manifest, though it lies beside the outputs', async () => {
  const bench = await files()
  writeFileSync(join(bench.jobDir, '01_make', 'other.txt'), 'other')
  for (const output of ['other', 'other.txt', 'manifest.json', 'stage.log', ''])
    expect((await bench.get({ output })).status).toBe(404)
  expect((await bench.get({ output: 'one', entry: 'one.txt' })).status).toBe(404)
  await control(bench)
})

it('F8 knows no job outside of the list of its store', async () => {
  const bench = await files()
  const other = await createWorkbench()
  await other.run(pipeline)
  for (const job of [jobId(other.jobDir), other.jobDir, bench.jobDir, 'job', '../job', ''])
    expect((await bench.get({ job })).status).toBe(404)
  await control(bench)
})

it('F9 believes no manifest that leads out of the job', async () => {
  const bench = await files()
  const path = join(bench.jobDir, '01_make', 'manifest.json')
  const { readFileSync } = await import('node:fs')
  const manifest = readFileSync(path, 'utf8')
  for (const way of ['../../secret.txt', join(bench.root, 'secret.txt'), '..', '.', './one.txt']) {
    writeFileSync(path, manifest.replace('"path": "one.txt"', `"path": ${JSON.stringify(way)}`))
    const { status, body } = await bench.get({})
    expect([way, status === 404 || body === 'the one']).toEqual([way, true])
  }
  writeFileSync(path, manifest)
  await control(bench)
})
