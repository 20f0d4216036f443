import { stripVTControlCharacters } from 'node:util'
import type { CommandDef } from 'citty'
import { describe, expect, it } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { teachingOf } from '../../../src/cli/command-line/command.ts'
import { parseCommandLine } from '../../../src/cli/command-line/command-line.ts'
import { rootCommand } from '../../../src/cli/program/commands.ts'
import { main } from '../../../src/cli/program/program.ts'
import { fakeContext } from '../fake-context.ts'

const run = (...args: string[]) => runOn(undefined, ...args)

async function runOn(stream: NodeJS.WriteStream | undefined, ...args: string[]) {
  const fake = fakeContext(stream === undefined ? {} : { stream })
  const exitCode = await main(args, fake.context)
  return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
}

type Resolvable<Value> = Value | Promise<Value> | (() => Value) | (() => Promise<Value>)

async function resolved<Value extends object>(value: Resolvable<Value>): Promise<Value> {
  return typeof value === 'function' ? value() : value
}

/** Returns the command of that name. */
async function commandOf(words: readonly string[], definition: CommandDef = rootCommand): Promise<CommandDef> {
  const [name, ...others] = words
  if (name === undefined) return definition
  const next = (await resolved(definition.subCommands ?? {}))[name]
  if (next === undefined) throw new Error(`there is no command ${name}`)
  return commandOf(others, await resolved<CommandDef>(next))
}

/** Returns the words of every command below a group. */
async function commandsBelow(definition: CommandDef, words: readonly string[] = []): Promise<readonly string[]> {
  const found: string[] = []
  for (const [name, next] of Object.entries(await resolved(definition.subCommands ?? {}))) {
    const command = await resolved<CommandDef>(next)
    const path = [...words, name]
    if (command.run !== undefined) found.push(path.join(' '))
    else found.push(...(await commandsBelow(command, path)))
  }
  return found
}

const commands = await commandsBelow(rootCommand)
const groups = [...new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? ''))]

describe('help', () => {
  it('is what the program says when nothing is asked of it', async () => {
    const { exitCode, stdout, stderr } = await run()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const name of Object.keys(rootCommand.subCommands ?? {})) expect(stdout).toContain(`  ${name} `)
    expect(stdout).toContain('EXAMPLES')
    expect(stdout).not.toContain('\u001b')
  })

  it('is there for all that is promised', () => {
    const promised = ['run', 'stage', 'status', 'list', 'explain', 'graph', 'doctor', 'manifest check']
    const ofStore = ['inspect', 'stats', 'gc', 'path'].map((name) => `cache ${name}`)
    expect(commands).toEqual(expect.arrayContaining([...promised, ...ofStore]))
  })

  it.each(commands)('%s teaches, with an example that calls it', async (name) => {
    const { exitCode, stdout } = await run(...name.split(' '), '--help')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`\nUSAGE reprise ${name}`)
    expect(stdout.slice(stdout.indexOf('EXAMPLES'))).toContain(`reprise ${name}`)
    expect(await run('help', ...name.split(' '))).toEqual({ exitCode, stdout, stderr: '' })
  })

  it.each(commands)('%s shows each flag once, in one group', async (name) => {
    const { flags } = teachingOf(await commandOf(name.split(' ')))
    const { stdout } = await run(...name.split(' '), '--help')
    const shown = [...stdout.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map(([, flag]) => flag)
    expect(shown.toSorted()).toEqual(Object.keys(flags).toSorted())
  })

  it('of a run groups its flags by what they are for', async () => {
    const { stdout } = await run('run', '--help')
    const titles = [...stdout.matchAll(/^([A-Z][A-Z ]+)$/gm)].map(([title]) => title)
    const ofJobs = ['WHICH JOB', 'WHICH STEPS', 'WHAT TO DO', 'SEPARATION OF VOICES']
    expect(titles).toEqual(['ARGUMENTS', ...ofJobs, 'HOW IT RUNS', 'OUTPUT', 'STORE AND CONFIG', 'EXAMPLES'])
  })

  it('of a run shows at its end the pipeline that is named, as list does', async () => {
    const { exitCode, stdout, stderr } = await run('run', '--help', 'subtitles', '-p', 'to=es')
    const ofRun = await run('run', '--help')
    const ofPipeline = await run('list', 'subtitles')
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `${ofRun.stdout}\n${ofPipeline.stdout}`,
      stderr: '',
    })
  })

  it('of a run says that there is no such pipeline, and takes a word after -- for an argument', async () => {
    expect((await run('run', 'subtitels', '-h')).stdout).toContain(
      "\nunknown pipeline 'subtitels': did you mean 'subtitles'?",
    )
    expect((await run('run', 'subtitles', '--', '--help')).exitCode).not.toBe(0)
  })

  it.each([...commands, ...groups, ''])('%s has examples that the command takes as they are', async (name) => {
    const words = name.split(' ').filter((word) => word !== '')
    for (const { line } of teachingOf(await commandOf(words)).examples) {
      const typed = /(?:^|\$\()reprise ([^|>")]+)/.exec(line)?.[1]?.trim() ?? ''
      const called = commands.find((command) => `${typed} `.startsWith(`${command} `)) ?? ''
      const teaching = teachingOf(await commandOf(called.split(' ')))
      const args = typed.split(' ').slice(called.split(' ').length)
      expect(parseCommandLine(args, teaching), line).toMatchObject({ ok: true })
    }
  })

  it.each(commands)('%s fits a terminal of 50 columns, apart from the examples', async (name) => {
    const stream = { columns: 50 } as NodeJS.WriteStream
    const { exitCode, stdout } = await runOn(stream, ...name.split(' '), '--help')
    expect(exitCode).toBe(0)
    const lines = stdout.slice(0, stdout.indexOf('EXAMPLES')).split('\n')
    expect(lines.filter((line) => stripVTControlCharacters(line).length > 50)).toEqual([])
  })

  it.each(groups)('%s alone shows what it holds', async (name) => {
    const { exitCode, stdout } = await run(name)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('EXAMPLES')
  })
})

it.each(['--version', '-V'])('%s prints the version', async (flag) => {
  expect(await run(flag)).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' })
})

describe('what cannot be understood exits with 2 and a hint', () => {
  it.each([
    [['rnu'], "unknown command 'rnu': did you mean 'reprise run'?"],
    [['cache', 'gcc'], "unknown command 'gcc': did you mean 'reprise cache gc'?"],
    [['--force', 'run'], "unknown flag '--force'; flags come after the command"],
    [['toString'], "unknown command 'toString'"],
    [['run', '--forse'], "reprise run: unknown flag '--forse': did you mean '--force'?"],
    [['status'], 'reprise status: missing argument JOB'],
    [['status', 'a', 'b'], "reprise status: unexpected argument 'b'"],
    [['run', '--resume-from', 'mux'], '--resume-from needs --job'],
    [['run', '--resume-from', 'mux', '--job', 'x'], 'no job to resume in /nowhere/x'],
    [['stage', 'mux'], '--job DIR is required: reprise stage mux --job DIR'],
  ])('%j', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
