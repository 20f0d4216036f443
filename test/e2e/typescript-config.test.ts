import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../rig/command.ts'
import { canMount, mountSmallDisk } from '../rig/small-disk.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const config = `
import { defineConfig, definePipeline, defineStage, json } from 'reprise'
import { z } from 'zod'

const count = defineStage({
  name: 'count', version: 1, inputs: {}, params: z.object({}), outputs: { letters: json(z.number()) },
  threads: { count: new URL('./count.ts', import.meta.url) },
  run: async ({ inThread }) => ({ letters: z.number().parse(await inThread('count')) }),
})
enum Names { counting = 'counting' }
export default defineConfig({ pipelines: [definePipeline({
  name: Names.counting, inputs: {}, params: z.object({}), build: ({ step }) => step(count, {}),
})] })
`

/** Makes a folder with a config in TypeScript, and a cache directory and one for temporary files of its own. */
function folder() {
  const cwd = temporaryDirectory()
  const path = (...names: readonly string[]) => join(cwd, ...names)
  writeFileSync(path('reprise.config.ts'), config)
  writeFileSync(path('count.ts'), 'export default (): number => 7\n')
  mkdirSync(path('tmp'))
  const env = { XDG_CACHE_HOME: path('caches'), REPRISE_STORE: path('store'), TMPDIR: path('tmp') }
  const kept = path('caches', 'reprise', 'configs')
  return {
    path,
    kept,
    run: (more: object = {}) => runCommand(['run', 'counting', '--force'], { cwd, env: { ...env, ...more } }),
    list: (more: object = {}) => runCommand(['list', 'counting'], { cwd, env: { ...env, ...more } }),
    files: () => readdirSync(kept).map((name) => join(kept, name)),
  }
}

describe.skipIf(process.platform === 'win32')('what is made of a config in TypeScript', () => {
  it("is kept in the user's own cache directory, with what is made of a thread's module", async () => {
    const { path, kept, run, files } = folder()
    expect((await run()).exitCode).toBe(0)
    expect(statSync(kept).mode & 0o077).toBe(0)
    const first = files()
    expect(first).toHaveLength(2)
    const [made = ''] = first.filter((file) => readFileSync(file, 'utf8').includes('counting'))
    const before = statSync(made, { bigint: true })
    expect((await run()).exitCode).toBe(0)
    expect(files()).toEqual(first)
    expect(statSync(made, { bigint: true }).ino).toBe(before.ino)
    expect(statSync(made, { bigint: true }).mtimeNs).toBe(before.mtimeNs)
    expect(readdirSync(path('tmp'))).toEqual([])
  })

  it('is made anew where it was damaged', async () => {
    const { list, files } = folder()
    const first = await list()
    for (const file of files()) writeFileSync(file, `${readFileSync(file, 'utf8')}\nthrow new Error('damaged')`)
    expect(await list()).toEqual(first)
    expect(first.exitCode).toBe(0)
  })

  it('is not looked for where another user may have put it', async () => {
    const { path, list, files } = folder()
    expect((await list()).exitCode).toBe(0)
    mkdirSync(path('tmp', 'jiti'))
    rmSync(path('caches'), { recursive: true })
    expect((await list()).exitCode).toBe(0)
    expect(files()).toHaveLength(1)
    expect(readdirSync(path('tmp', 'jiti'))).toEqual([])
  })

  it('is removed when it has not been made for sixty days', async () => {
    const { path, list, files } = folder()
    await list()
    const [old = ''] = files()
    utimesSync(old, new Date(0), new Date(0))
    writeFileSync(path('reprise.config.ts'), `${config}// changed`)
    expect((await list()).exitCode).toBe(0)
    expect(files()).toHaveLength(1)
    expect(files()).not.toContain(old)
  })

  it.skipIf(!canMount)('is made for each run where there is no room to keep it', async () => {
    const { list } = folder()
    const { dir } = mountSmallDisk(65_536)
    try {
      writeFileSync(join(dir, 'all-of-it'), Buffer.alloc(1_000_000))
    } catch {
      expect(readdirSync(dir)).toEqual(['all-of-it'])
    }
    expect(await list({ XDG_CACHE_HOME: dir, TMPDIR: dir })).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('is not kept where Node is told to keep no code', async () => {
    const { kept, list } = folder()
    expect((await list({ NODE_DISABLE_COMPILE_CACHE: '1' })).exitCode).toBe(0)
    expect(() => statSync(kept)).toThrow('ENOENT')
  })
})
