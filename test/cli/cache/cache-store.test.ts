import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { progressText } from '../../../src/cli/cache/byte-progress.ts'
import { main } from '../../../src/cli/program/program.ts'
import { definePipeline, defineStage } from '../../../src/core/index.ts'
import { observe, openTestStore, temporaryDirectory } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

const shout = defineStage({
  name: 'shout',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ mark: z.string().default('!') }),
  outputs: { loud: 'loud.txt' },
  run({ inputs, params, outputs }) {
    writeFileSync(
      outputs.loud,
      (readFileSync(inputs.text, 'utf8').toUpperCase() + params.mark).padEnd(50_000, params.mark),
    )
  },
})
const pipeline = definePipeline({
  name: 'loud',
  inputs: { text: 'file' },
  params: z.object({}),
  build({ step, inputs }) {
    const { loud } = step(shout, { text: inputs.text }, { id: 'first' })
    return step(shout, { text: loud }, { id: 'second', params: { mark: '?' } })
  },
})

async function bench() {
  const dir = temporaryDirectory()
  const path = (...names: readonly string[]): string => join(dir, ...names)
  writeFileSync(path('talk.txt'), 'hello')
  const run = async (store: string) => {
    const opened = await openTestStore(path(store))
    const request = { pipeline, inputs: { text: path('talk.txt') }, jobDir: path('job'), device: 'cpu' } as const
    const observed = await observe({ ...request, store: opened })
    await opened.close()
    return observed
  }
  const cli = async (store: string, ...words: readonly (string | Readonly<Record<string, string>>)[]) => {
    const args = words.filter((word) => typeof word === 'string')
    const more = words.find((word) => typeof word !== 'string')
    const fake = fakeContext({ cwd: dir, env: { REPRISE_STORE: path(store), ...more } })
    const exitCode = await main(['cache', ...args], fake.context)
    return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
  }
  await run('store')
  return { dir, path, run, cli }
}

/** Changes one byte of every blob file of a store. */
function spoil(blobs: string): void {
  for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7)
    rmSync(path)
    writeFileSync(path, bytes)
  }
}

describe('cache verify', () => {
  it('exits with 0 for a store that is right', async () => {
    const { cli } = await bench()
    const { exitCode, stdout, stderr } = await cli('store', 'verify')
    // What takes longer than a second on a slow machine is told.
    const rest = stderr.replace(/^reprise: reading the index of the store .*\n/, '')
    expect({ exitCode, rest }).toEqual({ exitCode: 0, rest: '' })
    expect(stdout).toBe('2 blobs (100 kB) and 2 actions verified: nothing is damaged\n')
  })

  it('names what is damaged and exits with 1; a repair makes the next run compute it again', async () => {
    const { cli, path, run } = await bench()
    spoil(path('store/blobs'))
    rmSync(path('job'), { recursive: true })
    const found = await cli('store', 'verify')
    expect(found.exitCode).toBe(1)
    expect(found.stdout).toMatch(/2 blobs \(100 kB\) and 2 actions verified: 2 damaged\n/)
    expect(found.stdout).toContain(`  loud  first  loud.txt  ${path('job')}\n`)
    const repaired = await cli('store', 'verify', '--repair', '--json')
    expect(repaired.exitCode).toBe(0)
    expect(JSON.parse(repaired.stdout)).toMatchObject({
      complete: true,
      repaired: true,
      damage: [{ kind: 'blob' }, {}],
    })
    const next = await run('store')
    expect(next.executed).toEqual(['first', 'second'])
    const [miss] = next.of('stage_cache_miss')
    expect(miss?.reasons).toMatchObject([{ kind: 'corrupt' }])
    expect((await cli('store', 'verify')).exitCode).toBe(0)
  })
})

describe('a damaged index', () => {
  it('is rebuilt by a command that may write, which says so in a line; one that may not names such a command', async () => {
    const { cli, path } = await bench()
    truncateSync(path('store/index/data.mdb'), 3 * 4096)
    const refused = await cli('store', 'stats')
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' })
    expect(refused.stderr).toContain("'reprise cache verify', rebuilds it")
    const verified = await cli('store', 'verify')
    // Before it, on a slow machine, what takes longer than a second.
    expect(verified.stderr).toMatch(/^reprise: the index of the store .* was damaged .* has been rebuilt: .*\n$/m)
    expect((await cli('store', 'verify')).stderr).not.toContain('damaged')
  })
})

describe('the limits of the environment', () => {
  it('hold for a collection without limits of its own, and are shown', async () => {
    const { cli } = await bench()
    expect((await cli('store', 'stats')).stdout).toMatch(/limit +[5-9\d][\d.]* [GT]B/)
    const limited = await cli('store', 'stats', { REPRISE_MAX_SIZE: '60kB' })
    expect(limited.stdout).toMatch(/limit +60 kB/)
    const planned = await cli('store', 'gc', '--dry-run', '--json', { REPRISE_MAX_SIZE: '60kB' })
    expect(JSON.parse(planned.stdout)).toMatchObject({ plan: { evictions: [{}], kept: { count: 1 } } })
    const wrong = await cli('store', 'gc', { REPRISE_MIN_FREE: 'much' })
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toContain("REPRISE_MIN_FREE is 'much', which is not a valid size")
  })
})

describe('cache export and cache import', () => {
  it('carry a job into an empty store, in which nothing is executed then', async () => {
    const { cli, path, run } = await bench()
    const exported = await cli('store', 'export', 'job', '-o', 'talk.tar')
    expect(exported).toMatchObject({
      exitCode: 0,
      stdout: '2 actions with 2 blobs (100 kB) written to ./talk.tar\n',
      stderr: '',
    })
    const imported = await cli('other', 'import', 'talk.tar')
    expect(imported.exitCode).toBe(0)
    expect(imported.stdout.split('\n')[0]).toBe('2 actions with 2 blobs (100 kB) imported')
    rmSync(path('job'), { recursive: true })
    const elsewhere = await run('other')
    expect(elsewhere.of('stage_running')).toEqual([])
    expect(elsewhere.result.status).toBe('completed')
    const again = await cli('other', 'import', 'talk.tar', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ actions: 0, present: 2 })
  })

  it('say what they cannot do, and exit with 2', async () => {
    const { cli, path } = await bench()
    expect(await cli('store', 'export', 'job')).toMatchObject({ exitCode: 2 })
    const elsewhere = await cli('none', 'export', 'job', '-o', 'same.tar')
    expect(elsewhere, 'a job stays with its store').toMatchObject({ exitCode: 0 })
    expect(await cli('none', 'inspect', 'job', 'first')).toMatchObject({ exitCode: 0 })
    const unknown = await cli('store', 'export', 'laud', '-o', 'x.tar')
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain("did you mean the pipeline 'loud'?")
    const nowhere = await cli('store', 'export', 'loud', '-o', 'no/x.tar')
    expect(nowhere).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/cannot write .*no\/x\.tar: its parent directory does not exist/),
    })
    writeFileSync(path('bad.tar'), 'no archive')
    const refused = await cli('store', 'import', 'bad.tar')
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
    expect(refused.stderr).toMatch(/cannot import .*bad\.tar: /)
    expect((await cli('store', 'import', 'none.tar')).stderr).toContain('none.tar does not exist')
  })
})

describe('cache forget', () => {
  it('lists what was made of a file, removes it, and says what it leaves alone', async () => {
    const { cli, run } = await bench()
    const dry = await cli('store', 'forget', '--source', 'talk.txt', '--dry-run')
    expect(dry.exitCode).toBe(0)
    expect(dry.stdout.split('\n').slice(0, 3)).toEqual([
      'would remove 2 actions and 2 blobs (100 kB)',
      expect.stringMatching(/^ {2}loud {2}(first|second) +loud.txt {2}50 kB {2}.\/job$/),
      expect.stringMatching(/^ {2}loud {2}(first|second) +loud.txt {2}50 kB {2}.\/job$/),
    ])
    expect(dry.stdout).toContain('outside the store: files in\n  ./job\n')
    const json = await cli('store', 'forget', '--source', 'talk.txt', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: false, blobs: 2, kept: [], jobs: [expect.any(String)] })
    expect((await cli('store', 'forget', '--source', 'talk.txt')).stdout).toBe(
      'nothing in the store was computed from it\n',
    )
    expect((await run('store')).executed).toEqual(['first', 'second'])
    expect((await cli('store', 'forget')).exitCode).toBe(2)
    expect((await cli('store', 'forget', '--source', 'none')).exitCode).toBe(2)
  })
})

describe('cache diff', () => {
  it('names what differs between two keys', async () => {
    const { cli, path } = await bench()
    const store = await openTestStore(path('store'))
    const keys = [...store.ledger.jobs.steps(path('job')).values()].map(({ key }) => key)
    await store.close()
    const [first = '', second = ''] = keys
    const diff = await cli('store', 'diff', first.slice(0, 16), second)
    expect(diff).toMatchObject({ exitCode: 0, stderr: '' })
    expect(diff.stdout).toContain('params.mark "!" -> "?"')
    expect(diff.stdout).toContain(`loud first, ${path('job')}`)
    expect((await cli('store', 'diff', first, first)).stdout).toContain('no difference')
    expect(await cli('store', 'diff', first, 'zz')).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

it.each(['verify', 'export', 'import', 'forget', 'diff'])('cache %s teaches, with an example', async (name) => {
  const fake = fakeContext()
  expect(await main(['cache', name, '--help'], fake.context)).toBe(0)
  expect(fake.stdout().split('EXAMPLES')[1]).toContain(`reprise cache ${name} `.trimEnd())
})

it('tells how long it still takes from the bytes of this call', () => {
  expect(progressText({ bytesDone: 3e9, bytesTotal: 5e9, bytesResumed: 1e9 }, 4000)).toBe(
    '3 GB of 5 GB, 60%, about 4s left',
  )
  expect(progressText({ bytesDone: 0, bytesTotal: 0 }, 0)).toBe('0 B of 0 B, 100%')
})
