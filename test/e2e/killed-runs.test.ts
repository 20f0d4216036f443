import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { commandLineOf, descendantsOf } from '../../src/engine/process/process-table.ts'
import { runCommand, startCommand } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const config = `
import { defineConfig, definePipeline, defineStage, defineTool } from 'reprise'
import { existsSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
const version = { args: ['-c', 'echo 1'], parse: (text) => text.trim() }
const sh = defineTool({ name: 'sh', command: '/bin/sh', version, install: {} })
const stay = (name) => 'echo $$ >"' + name + '.new"; mv "' + name + '.new" "' + name + '"; exec sleep 1000'
const work = defineStage({
  name: 'work', version: 1, inputs: {}, params: z.object({ pids: z.string() }), outputs: { text: 'text.txt' }, tools: [sh],
  async run({ exec, params, outputs }) {
    writeFileSync(outputs.text, 'text')
    if (existsSync(params.pids + '-in')) return
    writeFileSync(params.pids + '.sh', stay('$1-out'))
    const escape = ['-c', 'setsid sh "$1.sh" "$1" & ' + stay('$1-in'), 'sh', params.pids]
    await exec(sh, escape)
  },
})
const early = defineStage({
  name: 'early', version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' }, tools: [sh],
  async run({ exec, outputs }) { await exec(sh, ['-c', 'echo early > "$1"', 'sh', outputs.text]) },
})
const late = defineStage({ ...work, name: 'late', inputs: { before: 'file' } })
const params = z.object({ pids: z.string() })
export default defineConfig({ pipelines: [
  definePipeline({ name: 'p', inputs: {}, params, build: ({ step, params }) => step(work, {}, { params }) }),
  definePipeline({
    name: 'two', inputs: {}, params,
    build: ({ step, params }) => step(late, { before: step(early, {}, { params: {} }).text }, { params }),
  }),
] })
`

async function pidIn(path: string): Promise<number> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve))
  return Number(readFileSync(path, 'utf8'))
}

const isAlive = (pid: number) => commandLineOf(pid).includes('sleep')

it('the next run of a job ends the programs of one whose runner and watchdog were killed together', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'reprise.config.mjs'), config)
  const pids = join(cwd, 'pid')
  const args = ['run', 'p', '--job', 'job', '--store', 'store', '-p', `pids=${pids}`]
  const { child, ended } = startCommand(args, { cwd })
  const [within, outside] = [await pidIn(`${pids}-in`), await pidIn(`${pids}-out`)]
  const watchdogs = descendantsOf(child.pid ?? 0).filter((pid) => commandLineOf(pid).includes('reprise-watchdog'))
  expect(watchdogs).toHaveLength(1)
  for (const pid of watchdogs) process.kill(pid, 'SIGKILL')
  child.kill('SIGKILL')
  await ended
  expect([within, outside].map(isAlive)).toEqual([true, true])
  // Another job leaves them alone.
  expect(await runCommand([...args.slice(0, 3), 'other', ...args.slice(4)], { cwd })).toMatchObject({ exitCode: 0 })
  expect([within, outside].map(isAlive)).toEqual([true, true])
  expect(await runCommand(args, { cwd })).toMatchObject({ exitCode: 0 })
  expect([within, outside].map(isAlive)).toEqual([false, false])
})

it.each(['SIGKILL', 'SIGSEGV'] as const)(
  'a run whose runner ends by %s says so in a line, and the next one finds what it has committed',
  async (signal) => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'reprise.config.mjs'), config)
    const pids = join(cwd, 'pid')
    const args = ['run', 'two', '--job', 'job', '--store', 'store', '-p', `pids=${pids}`]
    const { child, ended } = startCommand(args, { cwd })
    await pidIn(`${pids}-in`)
    child.kill(signal)
    const { stderr } = await ended
    const told = 'reprise run: the run was killed or crashed; finished steps are kept'
    expect(stderr.split('\n').filter((line) => line.startsWith('reprise'))).toEqual([
      `${told}; resume with: reprise run --job ./job`,
    ])
    const again = await runCommand(args, { cwd })
    expect(again).toMatchObject({ exitCode: 0 })
    expect(again.stderr).toMatch(/completed in .*: 1 executed, 1 hits?/)
    // A run that ends by itself has nothing of the kind to say.
    expect(again.stderr).not.toContain('it was killed')
  },
)
