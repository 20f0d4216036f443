import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, describeFailure } from '../../../src/core/index.ts'
import { makeDeepTree } from '../../rig/deep-tree.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const large = 'x'.repeat(100_000)

const make = defineStage({
  name: 'make',
  version: 1,
  inputs: {},
  params: z.object({ isPrivate: z.boolean() }),
  outputs: {
    small: 'small.txt',
    large: 'in/large.txt',
    program: 'program',
    shared: 'shared.txt',
    tree: 'tree/',
    none: 'none/',
  },
  run({ outputs, params }) {
    const write = (path: string, text: string, mode: number) => {
      writeFileSync(path, text)
      if (params.isPrivate) chmodSync(path, mode)
    }
    write(outputs.small, 'small', 0o600)
    write(outputs.large, large, 0o640)
    write(outputs.program, large.slice(1), 0o700)
    write(outputs.shared, `${large}2`, 0o664)
    for (const folder of ['open', 'closed', 'empty/emptier', 'locked'])
      mkdirSync(join(outputs.tree, folder), { recursive: true })
    write(join(outputs.tree, 'open/private.txt'), 'private', 0o600)
    write(join(outputs.tree, 'open/large.txt'), `${large}3`, 0o444)
    write(join(outputs.tree, 'closed/open.txt'), 'open', 0o644)
    write(join(outputs.tree, 'locked/open.txt'), 'open', 0o644)
    if (!params.isPrivate) return
    chmodSync(join(outputs.tree, 'closed'), 0o700)
    chmodSync(join(outputs.tree, 'locked'), 0o555)
    chmodSync(join(outputs.tree, 'empty/emptier'), 0o711)
    chmodSync(outputs.none, 0o700)
  },
})
const pipeline = definePipeline({
  name: 'made',
  inputs: {},
  params: z.object({ isPrivate: z.boolean().default(true) }),
  build: ({ step, params }) => step(make, {}, { params }),
})

/** Returns the permissions of everything below a step's directory that is the stage's own. */
function modesBelow(dir: string): Readonly<Record<string, string>> {
  const modes: Record<string, string> = {}
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.name === 'manifest.json' || entry.name === 'stage.log') continue
    modes[path.slice(dir.length + 1)] = (lstatSync(path).mode & 0o777).toString(8)
  }
  return modes
}

function withUmask(mask: number): void {
  const before = process.umask(mask)
  onTestFinished(() => {
    process.umask(before)
  })
}

describe('a hit', () => {
  it.each(['auto', 'copy', 'hardlink'] as const)(
    'brings permissions and empty folders as they were (%s)',
    async (link) => {
      const { run, path } = await createWorkbench()
      expect((await run(pipeline)).result.status).toBe('completed')
      const made = modesBelow(path('job/01_make'))
      expect(made).toMatchObject({ 'small.txt': '600', 'tree/closed': '700', 'tree/empty/emptier': '711', none: '700' })
      const elsewhere = await run(pipeline, { jobDir: path('elsewhere'), link })
      expect(elsewhere.executed).toEqual([])
      expect(modesBelow(path('elsewhere/01_make'))).toEqual(made)
      expect((await run(pipeline, { jobDir: path('elsewhere'), link })).of('artifact_materialized')).toEqual([])
    },
  )

  it('takes back permissions that are wider than they were', async () => {
    const { run, path } = await createWorkbench()
    await run(pipeline)
    const made = modesBelow(path('job/01_make'))
    for (const name of ['small.txt', 'tree/open/private.txt', 'tree/closed', 'none'])
      chmodSync(path('job/01_make', name), 0o755)
    expect((await run(pipeline)).executed).toEqual([])
    expect(modesBelow(path('job/01_make'))).toEqual(made)
  })

  it.each([
    [0o077, 0o022],
    [0o022, 0o077],
    [0o002, 0o027],
  ])('is never wider than what was made, with the umask %o and then %o', async (first, second) => {
    const { run, path } = await createWorkbench()
    withUmask(first)
    await run(pipeline, { params: { isPrivate: false } })
    const made = modesBelow(path('job/01_make'))
    process.umask(second)
    const { executed } = await run(pipeline, { params: { isPrivate: false }, jobDir: path('elsewhere') })
    expect(executed).toEqual([])
    const now = modesBelow(path('elsewhere/01_make'))
    expect(Object.keys(now).sort()).toEqual(Object.keys(made).sort())
    for (const [name, mode] of Object.entries(now)) {
      // A folder around an output is the runner's own, and is as the umask has it.
      if (name === 'in') continue
      expect(Number.parseInt(mode, 8) & ~Number.parseInt(made[name] ?? '', 8), name).toBe(0)
    }
  })
})

describe('a folder as an input', () => {
  const list = defineStage({
    name: 'list',
    version: 1,
    inputs: { dir: 'tree' },
    params: z.object({}),
    outputs: { seen: 'seen.txt' },
    run: ({ inputs, outputs }) =>
      writeFileSync(outputs.seen, readdirSync(inputs.dir, { recursive: true }).map(String).sort().join(' ') || '-'),
  })
  const listing = definePipeline({
    name: 'listing',
    inputs: { dir: 'tree' },
    params: z.object({}),
    build: ({ step, inputs }) => step(list, { dir: inputs.dir }),
  })

  async function bench() {
    const { run, path } = await createWorkbench()
    mkdirSync(path('in'))
    const go = () => run(listing, { inputs: { dir: path('in') } })
    const seen = () => readFileSync(path('job/01_list/seen.txt'), 'utf8')
    return { path, go, seen }
  }

  it('with another empty folder is another input, wherever it lies', async () => {
    const { path, go, seen } = await bench()
    const all: string[] = []
    for (const folder of ['', 'a', 'a/b', 'c/d/e']) {
      mkdirSync(path('in', folder), { recursive: true })
      expect((await go()).executed).toEqual(['list'])
      all.push(seen())
    }
    expect(all).toEqual(['-', 'a', 'a a/b', 'a a/b c c/d c/d/e'])
    expect((await go()).executed).toEqual([])
  })

  it.each<[string, RegExp, (dir: string) => void]>([
    [
      'a link to nothing',
      /in\/latest is a symbolic link that leads nowhere/,
      (dir) => symlinkSync('gone', join(dir, 'latest')),
    ],
    [
      'a link in a circle',
      /in\/round is a symbolic link that leads nowhere/,
      (dir) => symlinkSync('round', join(dir, 'round')),
    ],
    [
      'a name that is not UTF-8',
      /caf.*name that is not valid UTF-8/,
      (dir) => writeFileSync(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]), 'x'),
    ],
    [
      'a folder whose name is not UTF-8',
      /caf.*name that is not valid UTF-8/,
      (dir) => mkdirSync(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.from([0xe9])])),
    ],
    [
      'a link to a directory',
      /in\/up is a symbolic link to a directory; in a folder, only links to files are followed/,
      (dir) => symlinkSync('..', join(dir, 'up')),
    ],
    [
      'a link to a device',
      /in\/zero is a symbolic link to a device; in a folder, only links to files are followed/,
      (dir) => symlinkSync('/dev/null', join(dir, 'zero')),
    ],
    ['folders that are too deep', /longer than the system takes/, makeDeepTree],
  ])('with %s names it', async (_, message, put) => {
    const { path, go } = await bench()
    writeFileSync(path('in/file'), 'x')
    put(path('in'))
    const { result } = await go()
    expect(result.failure && describeFailure(result.failure)).toMatch(message)
    expect(existsSync(path('job'))).toBe(false)
  })

  it('that is a link to nothing itself is told from one that does not exist', async () => {
    const { path, go } = await bench()
    rmSync(path('in'), { recursive: true })
    const problem = async () => {
      const { result } = await go()
      return result.failure && describeFailure(result.failure)
    }
    expect(await problem()).toMatch(/the input 'dir' does not exist/)
    symlinkSync('gone', path('in'))
    expect(await problem()).toMatch(/in is a symbolic link that leads nowhere/)
  })

  it('with a name that has the character for what is not UTF-8 is taken', async () => {
    const { path, go, seen } = await bench()
    writeFileSync(path('in/caf\ufffd.txt'), 'x')
    expect((await go()).result.status).toBe('completed')
    expect(seen()).toBe('caf\ufffd.txt')
  })
})

it('an output with a name that is not UTF-8 is named', async () => {
  const odd = defineStage({
    name: 'odd',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { out: 'out/' },
    run: ({ outputs }) => writeFileSync(Buffer.concat([Buffer.from(`${outputs.out}/caf`), Buffer.from([0xe9])]), 'x'),
  })
  const odds = definePipeline({ name: 'odds', inputs: {}, params: z.object({}), build: ({ step }) => step(odd, {}) })
  const { run } = await createWorkbench()
  const { result } = await run(odds)
  expect(result.failure && describeFailure(result.failure)).toMatch(/caf.*name that is not valid UTF-8/)
})

it('an output that is a link to nothing is named as one', async () => {
  const linked = defineStage({
    name: 'linked',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { out: 'out.txt' },
    run: ({ outputs }) => symlinkSync('gone', outputs.out),
  })
  const links = definePipeline({
    name: 'links',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(linked, {}),
  })
  const { run } = await createWorkbench()
  const { result } = await run(links)
  expect(result.failure && describeFailure(result.failure)).toMatch(/out\.txt is a symbolic link that leads nowhere/)
})

it('a directory that others may write to, but remove nothing from, comes back without their right to write', async () => {
  const sticky = defineStage({
    name: 'sticky',
    version: 1,
    inputs: {},
    params: z.object({}),
    outputs: { out: 'out/' },
    run({ outputs }) {
      mkdirSync(join(outputs.out, 'shared'))
      chmodSync(join(outputs.out, 'shared'), 0o1777)
      writeFileSync(join(outputs.out, 'shared/file'), 'x')
    },
  })
  const pipeline = definePipeline({
    name: 'sticky',
    inputs: {},
    params: z.object({}),
    build: ({ step }) => step(sticky, {}),
  })
  const { run, path } = await createWorkbench()
  await run(pipeline)
  rmSync(path('job'), { recursive: true })
  expect((await run(pipeline)).executed).toEqual([])
  expect(statSync(path('job/01_sticky/out/shared')).mode & 0o7777).toBe(0o755)
})
