import { execFile } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { commandPath, doorUrl, runCommand, runProgram } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const config = `
import { writeFile } from 'node:fs/promises'
import { definePipeline, defineStage } from 'reprise'

const params = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value ?? {} }) } }
const greet = defineStage({
  name: 'greet', version: 1, inputs: {}, params, outputs: { text: 'text.txt' },
  run: ({ outputs }) => writeFile(outputs.text, 'hello'),
})
const greeting = definePipeline({
  name: 'greeting', inputs: {}, params, build: ({ step }) => ({ text: step(greet, {}).text }),
})
export default { pipelines: [greeting] }
`

/** Runs a command whose compiled code is kept in a directory of the test's own. */
function bench() {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'reprise.config.ts'), 'export default { pipelines: [] as const }')
  const kept = join(cwd, 'caches', 'reprise', 'code')
  const env = { XDG_CACHE_HOME: join(cwd, 'caches'), REPRISE_STORE: join(cwd, 'store'), NODE_COMPILE_CACHE: undefined }
  return {
    cwd,
    kept,
    files: () => new Map(readdirSync(kept).map((name) => [name, readFileSync(join(kept, name))])),
    greet: async () => {
      writeFileSync(join(cwd, 'reprise.config.ts'), config)
      const { exitCode, stdout, stderr } = await runCommand(['run', 'greeting', '--job', 'job', '--json'], { cwd, env })
      expect(exitCode, stderr).toBe(0)
      return stdout.includes('"stage_running"')
    },
    list: (more: object = {}) => runCommand(['list', 'subtitles'], { cwd, env: { ...env, ...more } }),
    importApi: async () => {
      const program = `import { runPipeline } from ${JSON.stringify(doorUrl('index'))}; console.log(typeof runPipeline)`
      const args = ['--input-type=module', '-e', program]
      return (await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } })).stdout
    },
  }
}

describe.skipIf(process.platform !== 'linux')('compiled code', () => {
  it('is kept by three runs, used by those that follow, and changes nothing that is printed', async () => {
    const { files, list } = bench()
    const first = await list()
    await list()
    await list()
    const before = files()
    const later = await list()
    expect(later).toEqual(first)
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    expect(before.size).toBeGreaterThan(0)
    expect([...before.values()].every((bytes) => bytes.toString('latin1', 0, 1) === '3')).toBe(true)
    expect(files()).toEqual(before)
  })

  it('is without what only executing steps takes, once a second run has served all of them', async () => {
    const { files, greet } = bench()
    const largest = () => Math.max(...[...files().values()].map((bytes) => bytes.length))
    expect(await greet()).toBe(true)
    const whenExecuted = largest()
    expect(await greet()).toBe(false)
    expect(largest()).toBeLessThan(whenExecuted)
  })

  it('is kept of a program that imports reprise, too', async () => {
    const { files, importApi } = bench()
    expect(await importApi()).toBe('function\n')
    const before = files()
    expect(before.size).toBeGreaterThan(0)
    expect(await importApi()).toBe('function\n')
    expect([...files().keys()]).toEqual([...before.keys()])
  })

  it('is kept for each copy of the package, whose files errors name', async () => {
    const { cwd, kept, files, list } = bench()
    await list()
    const { size } = files()
    const copy = join(cwd, 'copy')
    cpSync(dirname(commandPath), join(copy, 'dist'), { recursive: true })
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
    const program = `XDG_CACHE_HOME='${join(cwd, 'caches')}' '${process.execPath}' '${join(copy, 'dist/cli.cjs')}' list subtitles`
    expect(await runProgram('sh', ['-c', program], cwd)).toContain('recognize')
    expect(readdirSync(kept)).toHaveLength(2 * size)
  })

  it('is compiled anew where what was kept is damaged', async () => {
    const { kept, files, list } = bench()
    const first = await list()
    for (const [name, bytes] of files()) {
      for (let at = 400; at < bytes.length; at += 997) bytes[at] = (bytes[at] ?? 0) ^ 0x55
      writeFileSync(join(kept, name), bytes)
    }
    expect(await list()).toEqual(first)
  })

  it('is not kept where the directory may not be looked into', async () => {
    const { cwd, list } = bench()
    // What the system says of such a link is an error for every user, as a foreign directory is for all but root.
    symlinkSync('caches', join(cwd, 'caches'))
    expect(await list()).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('recognize') })
  })

  it('is not kept where Node is told to keep none', async () => {
    const { kept, list } = bench()
    expect((await list({ NODE_DISABLE_COMPILE_CACHE: '1' })).exitCode).toBe(0)
    expect(() => readdirSync(kept)).toThrow('ENOENT')
  })
})
