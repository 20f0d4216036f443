import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json } from '../../../src/core/index.ts'
import { createMemoryStore, type LocalStore } from '../../../store/index.ts'
import { asNobody, asRoot, isRoot, nobody } from '../../rig/as-nobody.ts'
import { makeDeepTree } from '../../rig/deep-tree.ts'
import { createWorkbench, observe } from '../../rig/workbench.ts'

/** Leaves something where a stage runs. */
type Litter = (outDir: string, tempDir: () => string) => void
let litter: Litter = () => {}

function littering(act: Litter): void {
  litter = act
  onTestFinished(() => {
    litter = () => {}
  })
}

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string(), note: z.string() }),
  outputs: { text: 'in/text.txt', tree: 'tree/', size: json(z.number()) },
  run({ params, outputs, log, ...context }) {
    log(`making ${params.text}`)
    writeFileSync(outputs.text, params.text)
    mkdirSync(join(outputs.tree, 'folder'))
    writeFileSync(join(outputs.tree, 'folder/file'), params.text)
    litter(dirname(dirname(outputs.text)), () => context.tempDir)
    return { size: params.text.length }
  },
})
const pipeline = definePipeline({
  name: 'made',
  inputs: {},
  params: z.object({ text: z.string().default('one'), note: z.string().default('') }),
  build({ step, each, params }) {
    const { text } = step(make, {}, { id: 'single', params })
    return {
      text,
      items: each(['a', 'b'], (item) => step(make, {}, { id: 'items', params: { ...params, text: item } })).text,
    }
  },
})
const steps = ['items/a', 'items/b', 'single']

async function bench() {
  const workbench = await createWorkbench()
  const { run, path } = workbench
  const at = (...names: string[]) => path('job', ...names)
  const warningsOf = ({ of }: Awaited<ReturnType<typeof run>>) => of('pipeline_warning').map(({ message }) => message)
  await run(pipeline)
  return { ...workbench, at, warningsOf, go: (params: object = {}) => run(pipeline, { params }) }
}

function textsIn(dir: string): Readonly<Record<string, string>> {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true })
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(dir.length), entry.isFile() ? readFileSync(path, 'utf8') : '']
    }),
  )
}

describe('a hit that replaces an older result', () => {
  it('brings outputs and manifest of its own, and no log of the other', async () => {
    const { go, at } = await bench()
    const first = textsIn(at('01_single'))
    expect(first['/stage.log']).toBe('making one\n')
    await go({ text: 'other' })
    const { executed } = await go()
    expect(executed).toEqual([])
    const { '/stage.log': log, '/manifest.json': manifest, ...outputs } = textsIn(at('01_single'))
    const { '/stage.log': _log, '/manifest.json': before, ...made } = first
    expect(outputs).toEqual(made)
    expect(log).toBeUndefined()
    expect(JSON.parse(manifest ?? '').outputs).toEqual(JSON.parse(before ?? '').outputs)
    expect(readdirSync(at('.work'))).toEqual([])
  })

  it('keeps what a person has put there, as an execution does', async () => {
    const { go, at } = await bench()
    const own = [at('01_single/notes.txt'), at('02_items/a/mine/notes.txt')]
    for (const path of own) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, 'mine')
    }
    expect((await go({ text: 'other' })).executed).toEqual(['single'])
    expect((await go()).executed).toEqual([])
    expect((await go({ note: 'again' })).executed).toEqual(steps)
    expect(own.map((path) => readFileSync(path, 'utf8'))).toEqual(['mine', 'mine'])
    expect(readdirSync(at('01_single')).sort()).toEqual([
      'in',
      'manifest.json',
      'notes.txt',
      'size.json',
      'stage.log',
      'tree',
    ])
  })

  it('keeps what a person has put there under a name that is not UTF-8', async () => {
    const { go, at, warningsOf } = await bench()
    const note = Buffer.concat([Buffer.from(`${at('01_single')}/caf`), Buffer.from([0xe9])])
    writeFileSync(note, 'mine')
    expect(warningsOf(await go({ text: 'other' }))).toEqual([])
    await go()
    expect(readFileSync(note, 'utf8')).toBe('mine')
  })

  it('keeps what is right of its own result, with its log', async () => {
    const { go, at } = await bench()
    const { ino } = statSync(at('01_single/in/text.txt'))
    rmSync(at('01_single/tree'), { recursive: true })
    const { executed, of } = await go()
    expect(executed).toEqual([])
    expect(of('artifact_materialized').map(({ output }) => output)).toEqual(['tree'])
    expect(statSync(at('01_single/in/text.txt')).ino).toBe(ino)
    expect(readFileSync(at('01_single/stage.log'), 'utf8')).toBe('making one\n')
    expect((await go()).of('artifact_materialized')).toEqual([])
  })
})

describe('a symbolic link in a job', () => {
  type Bench = Awaited<ReturnType<typeof bench>>
  const linked: readonly [string, (bench: Bench, outside: string) => void][] = [
    ['the log of events', ({ at }, outside) => relink(at('events.jsonl'), join(outside, 'victim'))],
    ['the log of events, to nothing', ({ at }, outside) => relink(at('events.jsonl'), join(outside, 'none'))],
    ['the record of the job', ({ at }, outside) => relink(at('job.json'), join(outside, 'victim'))],
    ['the directory of workspaces', ({ at }, outside) => relink(at('.work'), outside)],
    ['the directory of workspaces, to nothing', ({ at }, outside) => relink(at('.work'), join(outside, 'none'))],
    ['the directory of a fan-out', ({ at }, outside) => relink(at('02_items'), outside)],
    ['the directory of an item', ({ at }, outside) => relink(at('02_items/a'), outside)],
    ['the directory of a step', ({ at }, outside) => relink(at('01_single'), outside)],
    ['the directory of a step, to nothing', ({ at }, outside) => relink(at('01_single'), join(outside, 'none'))],
    [
      'the directory of a step, to its own files',
      ({ at }, outside) => moveAway(at('01_single'), join(outside, 'moved')),
    ],
    [
      'the directory of a fan-out, to its own files',
      ({ at }, outside) => moveAway(at('02_items'), join(outside, 'moved')),
    ],
    ['a folder on the way to an output', ({ at }, outside) => relink(at('01_single/in'), outside)],
    ['a tree', ({ at }, outside) => relink(at('01_single/tree'), outside)],
    ['a folder of a tree', ({ at }, outside) => relink(at('01_single/tree/folder'), outside)],
    ['an output', ({ at }, outside) => relink(at('01_single/in/text.txt'), join(outside, 'victim'))],
    ['a manifest', ({ at }, outside) => relink(at('01_single/manifest.json'), join(outside, 'victim'))],
    ['a log', ({ at }, outside) => relink(at('01_single/stage.log'), join(outside, 'victim'))],
  ]

  function relink(path: string, target: string): void {
    rmSync(path, { recursive: true, force: true })
    symlinkSync(target, path)
  }

  function moveAway(path: string, target: string): void {
    renameSync(path, target)
    symlinkSync(target, path)
  }

  it.each(linked)('in the place of %s is not followed', async (_, link) => {
    const all = await bench()
    const { path, go } = all
    await go({ text: 'other' })
    for (const params of [{}, { note: 'executed' }, { text: 'other' }]) {
      const outside = path('outside')
      rmSync(outside, { recursive: true, force: true })
      mkdirSync(outside)
      writeFileSync(join(outside, 'victim'), 'keep')
      link(all, outside)
      const before = textsIn(outside)
      const { result } = await go(params)
      expect(result.status).toBe('completed')
      expect(textsIn(outside)).toEqual(before)
    }
  })

  it('that is replaced is told of', async () => {
    const { go, at, path, warningsOf } = await bench()
    mkdirSync(path('outside'))
    relink(at('02_items'), path('outside'))
    relink(at('events.jsonl'), path('outside/victim'))
    relink(at('01_single'), path('outside'))
    const warnings = warningsOf(await go())
    for (const name of ['02_items', 'events.jsonl', '01_single'])
      expect(warnings).toContainEqual(expect.stringContaining(`${at(name)} was a symbolic link`))
    expect(lstatSync(at('02_items')).isDirectory()).toBe(true)
  })
})

describe('what cannot be removed', () => {
  /** Makes everything of a workbench nobody's, and runs as nobody. */
  async function benchOfNobody() {
    const workbench = await createWorkbench()
    const { dir, path } = workbench
    chownSync(dir, nobody, nobody)
    const store = createMemoryStore()
    const go = (params: object = {}) =>
      asNobody(async () => {
        const observed = await observe({ pipeline, inputs: {}, params, jobDir: path('job'), store, device: 'cpu' })
        return { ...observed, warnings: observed.of('pipeline_warning').map(({ message }) => message) }
      })
    return { path, go }
  }
  const leaveOfRoot = (dir: string) => asRoot(() => mkdirSync(join(dir, 'owned/inner'), { recursive: true }))

  it.runIf(isRoot).each<[string, Litter]>([
    ['beside the outputs', (outDir) => leaveOfRoot(outDir)],
    ['among temporary files', (_, tempDir) => leaveOfRoot(tempDir())],
    ['beside the inputs', (outDir) => leaveOfRoot(dirname(outDir))],
    ['in a tree', (outDir) => leaveOfRoot(join(outDir, 'tree'))],
  ])('%s stays, with a word, and the job goes on', async (_, leave) => {
    const { path, go } = await benchOfNobody()
    littering(leave)
    const first = await go()
    expect(first.result.status).toBe('completed')
    expect(readFileSync(path('job/01_single/in/text.txt'), 'utf8')).toBe('one')
    const second = await go({ text: 'two' })
    expect(second.result.status).toBe('completed')
    const third = await go()
    expect(third.result.status).toBe('completed')
    expect(third.executed).toEqual([])
    expect([first, second, third].flatMap(({ warnings }) => warnings)).toContainEqual(
      expect.stringMatching(/cannot be removed \(EACCES\)/),
    )
    expect(existsSync(path('job/01_single/owned'))).toBe(false)
  })

  it('because it is too deep is removed all the same', async () => {
    const { go, at, warningsOf } = await bench()
    littering((outDir, tempDir) => {
      mkdirSync(join(outDir, 'left'))
      for (const dir of [join(outDir, 'left'), tempDir()]) makeDeepTree(dir)
    })
    const run = await go({ text: 'deep' })
    expect(run.result.status).toBe('completed')
    expect(warningsOf(run)).toEqual([])
    expect(readdirSync(at('.work'))).toEqual([])
  })

  it('of an earlier run is removed when the job is cleared, and when a run was killed', async () => {
    const { run, at, warningsOf } = await bench()
    const deep = at('.work/0123/conftest')
    mkdirSync(deep, { recursive: true })
    makeDeepTree(deep)
    const cleared = await run(pipeline, { selection: { clearFrom: 'single' } })
    expect(cleared).toMatchObject({ executed: [], cached: steps })
    expect(warningsOf(cleared)).toEqual([])
    expect(readdirSync(at('.work'))).toEqual([])
  })
})

describe('a run that lost its job while it was suspended', () => {
  it('writes nothing more there', async () => {
    const { store, run, at, go } = await bench()
    await go({ text: 'other' })
    let isHeld = true
    const suspended = losingItsLease(store, () => isHeld)
    const written = () => textsIn(at())
    let then: ReturnType<typeof written> = {}
    littering(() => {
      isHeld = false
      then = written()
    })
    const { result } = await run(pipeline, { store: suspended, params: { text: 'lost' }, keepGoing: true })
    expect(result.status).toBe('failed')
    expect(result.failure).toMatchObject({ kind: 'job-unusable', reason: expect.stringContaining('took the job over') })
    const now = written()
    for (const name of Object.keys(now)) if (!name.startsWith('/.work')) expect(now[name]).toBe(then[name])
  })

  function losingItsLease(store: LocalStore, isHeld: () => boolean): LocalStore {
    const acquire: LocalStore['leases']['acquire'] = async (...args) => {
      const lease = await store.leases.acquire(...args)
      return { release: () => lease.release(), isHeld }
    }
    const leases = new Proxy(store.leases, {
      get: (target, name) => (name === 'acquire' ? acquire : Reflect.get(target, name)),
    })
    return new Proxy(store, { get: (target, name) => (name === 'leases' ? leases : Reflect.get(target, name)) })
  }
})

it('a log that is no file is told of before anything is executed', async () => {
  const { go, at } = await bench()
  for (const prepare of [() => mkdirSync(at('events.jsonl')), () => execFileSync('mkfifo', [at('events.jsonl')])]) {
    rmSync(at('events.jsonl'), { recursive: true })
    prepare()
    const { result, executed } = await go({ text: 'other' })
    expect(result.failure).toMatchObject({ kind: 'job-unusable', reason: expect.stringContaining('events.jsonl') })
    expect(executed).toEqual([])
  }
  rmSync(at('events.jsonl'))
  appendFileSync(at('events.jsonl'), '')
  expect((await go({ text: 'other' })).result.status).toBe('completed')
})
