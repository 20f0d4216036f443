import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as api from '../../src/index.ts'
import * as stages from '../../stages/index.ts'
import * as store from '../../store/index.ts'
import { commandPath, doorUrl, executedSteps, runCommand } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** A pipeline whose name says who has evaluated the config: only the config's own loader gives it a `__dirname`. */
const config = `
import { defineStage, definePipeline, StageFailure } from 'reprise'
import { z } from 'zod-or-not'

const fails = defineStage({
  name: 'fails', version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' },
  run() { throw new StageFailure({ kind: 'stage-failed', step: 'fails', message: 'it was asked to' }) },
})
export default { pipelines: [definePipeline({
  name: typeof __dirname === 'undefined' ? 'by-node' : 'by-its-loader',
  inputs: {}, params: z.object({}), build: ({ step }) => step(fails, {}),
})] }
`
const ownSchema = `const z = { object: () => ({ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }) }`

/** Makes a folder with a config, in which \`reprise\` is installed or is not. */
function folder(text: string, installed: boolean) {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'reprise.config.mjs'), text)
  if (installed) {
    mkdirSync(join(cwd, 'node_modules'))
    symlinkSync(dirname(dirname(commandPath)), join(cwd, 'node_modules', 'reprise'))
  }
  const reprise = (...args: readonly string[]) => runCommand(args, { cwd, env: { REPRISE_STORE: join(cwd, 'store') } })
  return { cwd, reprise }
}

const withoutPackages = config.replace("import { z } from 'zod-or-not'", ownSchema)
const withZod = config.replace('zod-or-not', 'zod')

describe('a config that is an ES module', () => {
  it('is imported by Node where that gets the running reprise, whose failures are recognized', async () => {
    const { reprise } = folder(withoutPackages, true)
    const run = await reprise('run', 'by-node', '--job', 'job')
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('it was asked to')
    expect(run.stderr).not.toContain('StageFailure')
    expect((await reprise('explain', 'job', 'fails')).exitCode).toBe(0)
  })

  it('is told which failures there are, where it makes up one', async () => {
    const madeUp = withoutPackages.replace(/new StageFailure\(.*?\}\)/, "new StageFailure('it was asked to')")
    const run = await folder(madeUp, true).reprise('run', 'by-node', '--job', 'job')
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain(
      'StageFailure takes a failure, not "it was asked to"; to fail with a message, call fail(message)',
    )
  })

  it('is evaluated by its own loader where reprise is not installed', async () => {
    const { reprise } = folder(withoutPackages, false)
    const run = await reprise('run', 'by-its-loader', '--job', 'job')
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('it was asked to')
  })

  it('is evaluated by its own loader where it imports what only that provides', async () => {
    expect((await folder(withZod, true).reprise('list', 'by-its-loader')).exitCode).toBe(0)
  })

  it.each([true, false])('knows the source of its stages (reprise is installed: %s)', async (installed) => {
    const works = withoutPackages
      .replace('StageFailure }', 'json }')
      .replace("'text.txt'", 'json()')
      .replace(/throw .*/, "return { text: 'a' } },")
    const { cwd, reprise } = folder(works, installed)
    const name = installed ? 'by-node' : 'by-its-loader'
    const executed = async () => executedSteps((await reprise('run', name, '--job', 'job', '--json')).stdout)
    expect(await executed()).toEqual(['fails'])
    expect(await executed()).toEqual([])
    writeFileSync(join(cwd, 'reprise.config.mjs'), works.replace("text: 'a'", "text: 'b'"))
    expect(await executed()).toEqual(['fails'])
  })
})

/** A pipeline whose config and stage print, on this thread and in one of their own. */
const printing = `
import { defineStage, definePipeline } from 'reprise'
console.log('config'); process.stdout.write('config, too\\n'); console.table([{ of: 'config' }])
${ownSchema}
const prints = defineStage({
  name: 'prints', version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' },
  threads: { printer: new URL('./printer.mjs', import.meta.url) },
  async run({ outputs, inThread }) {
    console.log('stage'); console.info('%s', 'stage'); console.dir({ stage: true }); process.stdout.write('stage, too')
    await inThread('printer', { path: outputs.text })
  },
})
export default { pipelines: [definePipeline({ name: 'prints', inputs: {}, params: z.object({}), build: ({ step }) => step(prints, {}) })] }
`

describe('what a config and its stages print', () => {
  it('goes to stderr, so that stdout holds nothing but what the command says', async () => {
    const { cwd, reprise } = folder(printing, true)
    writeFileSync(
      join(cwd, 'printer.mjs'),
      `import { writeFileSync } from 'node:fs'
      export default ({ path }) => { console.log('thread'); process.stdout.write('thread, too\\n'); writeFileSync(path, 'x') }`,
    )
    const run = await reprise('run', 'prints', '--job', 'job', '--json')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(executedSteps(run.stdout)).toEqual(['prints'])
    for (const printed of ['config, too', 'of', 'stage, too']) expect(run.stderr).toContain(printed)
    const listed = await reprise('list', 'prints', '--json')
    expect(JSON.parse(listed.stdout)).toHaveLength(1)
  })
})

describe('a job of a pipeline of its own', () => {
  it('is gone on with from another folder, and a pipeline is found from a folder below its config', async () => {
    const { cwd, reprise } = folder(
      withoutPackages.replace(/throw .*/, 'return { text: 1 } },').replace("'text.txt'", "{ kind: 'json' }"),
      true,
    )
    const below = join(cwd, 'films', 'raw')
    const elsewhere = temporaryDirectory()
    mkdirSync(below, { recursive: true })
    const job = join(cwd, 'job')
    const at = (dir: string, ...args: readonly string[]) =>
      runCommand([...args, '--store', join(cwd, 'store')], { cwd: dir })
    expect((await at(below, 'run', 'by-node', '--job', job)).exitCode).toBe(0)
    for (const args of [
      ['run', '--job', job],
      ['stage', 'fails', '--job', job],
      ['run', 'by-node', '--job', job],
    ]) {
      const run = await at(elsewhere, ...args)
      expect(run.exitCode, run.stderr).toBe(0)
    }
    expect((await at(elsewhere, 'status', job)).stdout).toContain('fails')
    renameSync(join(cwd, 'reprise.config.mjs'), join(cwd, 'moved.mjs'))
    const gone = await at(elsewhere, 'run', '--job', job)
    expect(gone.exitCode).toBe(2)
    expect(gone.stderr).toContain(
      `the config of this job, ${join(cwd, 'reprise.config.mjs')}, no longer exists: name the one that defines`,
    )
    expect((await at(elsewhere, 'run', '--job', job, '--config', join(cwd, 'moved.mjs'))).exitCode).toBe(0)
    expect((await at(elsewhere, 'run', '--job', job)).exitCode).toBe(0)
    const nowhere = await at(elsewhere, 'run', 'by-node')
    expect(nowhere.stderr).toContain(`is in ${elsewhere} or in a directory above it`)
    expect((await reprise('run', 'by-node', '--config', 'moved.mjs')).exitCode).toBe(0)
    const misspelt = await reprise('run', 'by-nod', '--config', 'moved.mjs')
    expect(misspelt.stderr).toContain(`your own pipelines were loaded from ${join(cwd, 'moved.mjs')}`)
  })
})

describe('what programs import from the build', () => {
  it.each([
    ['index', api],
    ['store', store],
    ['stages', stages],
  ])('%s has what its source exports', async (door, source) => {
    const built: unknown = await import(/* @vite-ignore */ doorUrl(door))
    expect(Object.keys(Object(built)).sort()).toEqual(Object.keys(source).sort())
  })
})
