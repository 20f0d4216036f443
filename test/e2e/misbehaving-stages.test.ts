import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type CommandOptions, eventsOf, runCommand } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** What a stage does to be ended itself, and what is told of that. Each waits then, so that its end is no answer. */
const kinds = {
  aRejectionThatNobodyAwaits: [`void Promise.reject(new Error('astray'))`, /astray/],
  aRejectionOfNothing: ['void Promise.reject()', /undefined/],
  aFunctionThatIsNotAwaited: [`void (async () => { await null; throw new Error('astray') })()`, /astray/],
  aThrowInATimer: [`setTimeout(() => { throw new Error('astray') }, 5)`, /astray/],
  aThrowInTheNextTick: [`process.nextTick(() => { throw new Error('astray') })`, /astray/],
  aThrowInAMicrotask: [`queueMicrotask(() => { throw new Error('astray') })`, /astray/],
  aThrowInTheCallbackOfAFile: [`readFile('/none', () => { throw new Error('astray') })`, /astray/],
  anErrorEventWithoutAListener: [`createReadStream('/none')`, /ENOENT/],
  aProgramOfItsOwnThatIsNotThere: [`spawn('/none')`, /ENOENT/],
  aServerOnABadPort: [`connect(1, '127.0.0.1')`, /ECONNREFUSED/],
  anExit: ['process.exit(0)', /called process\.exit\(0\)/],
  anImportedExit: ['exit()', /called process\.exit\(\)/],
  anExitThatIsCaught: ['try { process.exit(0) } catch {}', /called process\.exit\(0\)/],
  anExitInATimer: ['setTimeout(() => process.exit(0), 5)', /called process\.exit\(0\)/],
  anAbort: ['process.abort()', /called process\.abort\(\)/],
  aSignalToItself: [`process.kill(process.pid, 'SIGKILL')`, /called process\.kill/],
  aProgramThatIsNotAwaited: [`void exec(sh, ['-c', 'exit 3']).finally(() => {})`, /sh exited with code 3/],
} as const

const head = `
import { defineConfig, definePipeline, defineStage, defineTool } from 'reprise'
import { spawn } from 'node:child_process'
import { createReadStream, existsSync, readFile, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { exit } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
const version = { args: ['-c', 'echo 1'], parse: (text) => text.trim() }
const sh = defineTool({ name: 'sh', command: '/bin/sh', version, install: {} })
const parts = { version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' }, tools: [sh] }
const write = (outputs) => writeFileSync(outputs.text, 'text')
`

/** Returns a config whose pipeline has a step of each name, and one that ends well when the others have failed. */
function configOf(bodies: Readonly<Record<string, string>>): string {
  const stages = Object.entries(bodies).map(
    ([name, body]) => `step(defineStage({ ...parts, name: '${name}', async run({ exec, outputs, signal }) {
write(outputs); ${body}
} }), {})`,
  )
  return `${head}
const good = defineStage({ ...parts, name: 'good', async run({ outputs }) { await wait(500); write(outputs) } })
export default defineConfig({ pipelines: [definePipeline({
  name: 'p', inputs: {}, params: z.object({}),
  build: ({ step }) => { ${stages.join('\n')}\nreturn step(good, {}) },
})] })
`
}

async function runAtOnce(config: string, extension: string, limits: Pick<CommandOptions, 'openFiles'> = {}) {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, `reprise.config.${extension}`), config)
  const args = ['run', 'p', '--job', 'job', '--store', 'store', '--jobs', '40', '--keep-going', '--json']
  const { exitCode, stdout, stderr } = await runCommand(args, { cwd: dir, ...limits })
  const events = eventsOf(stdout)
  const failed = new Map(events.flatMap((event) => (event.event === 'stage_failed' ? [[event.stage, event]] : [])))
  const done = events.flatMap((event) => (event.event === 'stage_completed' ? [event.stage] : []))
  const warnings = events.flatMap((event) => (event.event === 'pipeline_warning' ? [event.message] : []))
  const log = (step: string) => {
    const [folder = ''] = readdirSync(join(dir, 'job')).filter((name) => name.endsWith(`_${step}`))
    return readFileSync(join(dir, 'job', folder, 'stage.log'), 'utf8')
  }
  return { exitCode, stderr, failed, done, warnings, log }
}

it.each(['mjs', 'ts'])('whatever a stage of a config.%s does ends its own step, and no other', async (extension) => {
  const stay = 'await wait(60_000, undefined, { signal, ref: false })'
  const bodies = Object.entries(kinds).map(([name, [code]]) => [name, `${code}; ${stay}`])
  const { exitCode, failed, done, log } = await runAtOnce(configOf(Object.fromEntries(bodies)), extension)
  expect({ exitCode, failed: [...failed.keys()].sort(), done }).toEqual({
    exitCode: 1,
    failed: Object.keys(kinds).sort(),
    done: ['good'],
  })
  for (const [name, [, message]] of Object.entries(kinds)) {
    expect(failed.get(name)?.message).toMatch(message)
    expect(log(name)).toMatch(message)
    if (/astray|called/.test(message.source)) {
      expect(failed.get(name)?.message).toMatch(/\nthrown at \/.*reprise\.config\.\w+:\d+$/)
      expect(log(name)).toMatch(/\n {4}at .*reprise\.config/)
    }
  }
})

it('what a stage leaves behind is told of when it comes, and holds up nobody', async () => {
  const { exitCode, done, warnings, stderr } = await runAtOnce(
    configOf({
      throwsLate: `setTimeout(() => { throw new Error('astray') }, 200)`,
      exitsLate: 'setTimeout(() => process.exit(0), 200)',
      throwsAfterTheRun: `setTimeout(() => { throw new Error('far astray') }, 800)`,
      staysOpen: 'setInterval(() => {}, 1000)',
      setsTheExitCode: 'process.exitCode = 7',
    }),
    'mjs',
  )
  expect({ exitCode, done: done.length }).toEqual({ exitCode: 0, done: 6 })
  expect(warnings.sort()).toEqual([
    expect.stringMatching(/^step exitsLate: .*called process\.exit\(0\).*, thrown at .*reprise\.config\.mjs:\d+$/),
    expect.stringMatching(/^step throwsLate: .* astray, thrown at .*reprise\.config\.mjs:\d+$/),
  ])
  expect(stderr).toMatch(/Warning: step throwsAfterTheRun: .* far astray, thrown at/)
})

it('what the code of a config prints is no event on standard output', async () => {
  const config = configOf({
    prints: `console.log('from a stage'); process.stdout.write('and so\\n'); console.error('an error')`,
  })
  const { exitCode, stderr, done } = await runAtOnce(`console.log('from a config')\n${config}`, 'mjs')
  expect({ exitCode, done }).toEqual({ exitCode: 0, done: ['prints', 'good'] })
  for (const text of ['from a config', 'from a stage', 'and so', 'an error']) expect(stderr).toContain(text)
})

it('a stage that opens files without end fails, and no other', async () => {
  const leaks = { leaks: `for (;;) openSync('/dev/null')`, leaksSlowly: `for (;;) await promises.open('/dev/null')` }
  for (const [name, body] of Object.entries(leaks)) {
    const config = `import { openSync, promises } from 'node:fs'\n${configOf({ [name]: body })}`
    const { exitCode, done, failed, log } = await runAtOnce(config, 'mjs', { openFiles: 256 })
    expect({ exitCode, done, failed: [...failed.keys()] }).toEqual({ exitCode: 1, done: ['good'], failed: [name] })
    expect(failed.get(name)?.message).toMatch(/EMFILE.*\nthrown at .*reprise\.config\.mjs:\d+$/s)
    expect(log(name)).toContain('EMFILE')
  }
})
