import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { executedSteps, runCommand, runProgram } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** Returns the code of the README that imports what `imports` says. */
function exampleThat(imports: RegExp): string {
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  return examples.find((code) => imports.test(code)) ?? ''
}

/** A folder with the README's own pipeline and a recording. */
async function ownFolder() {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), exampleThat(/defineConfig/))
  await runProgram('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=1', join(dir, 'call.wav')], dir)
  return dir
}

it("runs the README's own pipeline from a folder that has nothing but it", async () => {
  const dir = await ownFolder()
  const run = (targets: string) =>
    runCommand(
      ['run', 'levels', 'call.wav', '-p', `targetsDb=${targets}`, '--job', 'leveled', '--store', 'store', '--json'],
      { cwd: dir },
    )
  const first = await run('-20,-14')
  expect(first.exitCode, first.stderr).toBe(0)
  expect(executedSteps(first.stdout)).toEqual(['level/-14', 'level/-20', 'measure'])
  const more = await run('-20,-14,-9')
  expect(more.exitCode, more.stderr).toBe(0)
  expect(executedSteps(more.stdout)).toEqual(['level/-9'])
})

it("runs the README's pipeline whose steps decide what comes next, and keeps its secret", async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), exampleThat(/defineSecret/))
  const run = (song: string) => {
    writeFileSync(join(dir, 'song.txt'), song)
    const env = { WRITER_TOKEN: 'sesame' }
    return runCommand(['run', 'songbook', 'song.txt', '--job', 'J', '--store', 'store', '--json'], { cwd: dir, env })
  }
  const first = await run('one\ntwo\n')
  expect(first.exitCode, first.stderr).toBe(0)
  expect(executedSteps(first.stdout)).toEqual(['bind', 'look', 'paint/one', 'paint/two', 'sing'])
  expect(readFileSync(join(dir, 'J/04_bind/book.txt'), 'utf8')).toBe('a scene of one\na scene of two\nONE\nTWO\n')
  const more = await run('new\none\ntwo\n')
  expect(executedSteps(more.stdout)).toEqual(['bind', 'look', 'paint/new', 'sing'])
  const silent = await run('')
  expect(executedSteps(silent.stdout)).toEqual(['bind', 'look'])
  expect(first.stdout + first.stderr).not.toContain('sesame')
})

describe("the README's program, where the package is installed,", () => {
  async function ownPackage() {
    const dir = await ownFolder()
    writeFileSync(join(dir, 'program.ts'), exampleThat(/runPipeline/).replace('/data/reprise', join(dir, 'store')))
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(root, join(dir, 'node_modules/reprise'))
    symlinkSync(join(root, 'node_modules/zod'), join(dir, 'node_modules/zod'))
    return dir
  }
  const inRoot = (path: string) => join(root, 'node_modules', path)

  it('runs the pipeline', async () => {
    const dir = await ownPackage()
    const printed = await runProgram(process.execPath, [inRoot('jiti/lib/jiti-cli.mjs'), 'program.ts'], dir)
    expect(printed).toMatch(/^completed \[[\s\S]*path: '.*\/job\/02_level\/-20\/levelled\.wav'[\s\S]*\] \[\]\n$/)
  })

  it.each([/runPipeline/, /defineSecret/])('has the types of the build: %s', async (imports) => {
    const dir = await ownPackage()
    if (!/runPipeline/.test(imports.source)) writeFileSync(join(dir, 'program.ts'), exampleThat(imports))
    const strict = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--target', 'es2023', '--lib', 'es2023']
    const types = ['--types', 'node', '--typeRoots', inRoot('@types'), '--skipLibCheck', 'false']
    const how = ['--module', 'nodenext', '--moduleResolution', 'nodenext']
    await runProgram(process.execPath, [inRoot('typescript/bin/tsc'), ...strict, ...types, ...how, 'program.ts'], dir)
  })
})

describe("the README's tables", () => {
  const rowsOf = (title: string) => {
    const [, table = ''] = new RegExp(`\\n\\| ${title} +\\|.*\\n\\|[ -|]*\\n((?:\\|.*\\n)+)`).exec(readme) ?? []
    return table.split('\n').map((row) => row.split('|')[1] ?? '')
  }

  it('name every command', async () => {
    const named = rowsOf('Command').flatMap((row) => [...row.matchAll(/`([a-z]+)/g)].map(([, word]) => word))
    const { stdout } = await runCommand(['--help'], { cwd: root })
    const [, commands = ''] = /COMMANDS\n((?: {2}.*\n)+)/.exec(stdout) ?? []
    const top = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name)
    expect(top.length).toBeGreaterThan(10)
    expect(named).toEqual(expect.arrayContaining(top))
  })

  it('name no flag that there is not', async () => {
    const flags = rowsOf('Flag of `run`').flatMap((row) => [...row.matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag))
    const { stdout } = await runCommand(['run', '--help'], { cwd: root })
    expect(flags.length).toBeGreaterThan(10)
    expect(flags.filter((flag) => !stdout.includes(`${flag} `))).toEqual([])
  })
})
