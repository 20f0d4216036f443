import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type CommandEnd, type RunningCommand, runCommand, startCommand } from '../rig/command.ts'

const config = `
  import { readFile, writeFile } from 'node:fs/promises'
  import { defineConfig, definePipeline, defineStage, defineTool, many } from 'reprise'
  import { z } from 'zod'

  const bash = defineTool({
    name: 'bash', command: 'bash', install: { debian: 'bash' },
    version: { args: ['--version'], parse: (printed) => /version (\\S+)/.exec(printed)?.[1] },
  })
  const siren = defineTool({
    name: 'siren', command: 'no-such-siren', install: { debian: 'siren' },
    version: { args: [], parse: () => '1' },
  })
  const shout = defineStage({
    name: 'shout', version: 1, inputs: { text: 'file' }, params: z.object({ mark: z.string() }),
    outputs: { loud: 'loud.txt' },
    toolsFor: ({ mark }) => (mark === 'siren' ? [siren] : []),
    async run({ inputs, params, outputs, log }) {
      log('shouting \\u001b[31mloud\\u001b[0m')
      await writeFile(outputs.loud, (await readFile(inputs.text, 'utf8')).toUpperCase() + params.mark)
    },
  })
  const echo = defineStage({
    name: 'echo', version: 1, inputs: { loud: 'file' }, params: z.object({ times: z.number(), how: z.string() }),
    outputs: { echoed: 'echoed.txt' }, tools: [bash],
    async run({ inputs, params, outputs, exec, progress }) {
      const scripts = {
        copy: 'for i in $(seq "$1"); do cat "$2"; done > "$3"',
        fail: 'echo "no echo here" >&2; exit 7',
        stubborn: 'trap "" TERM INT; echo ready; while :; do sleep 0.05; done',
      }
      const script = scripts[params.how as keyof typeof scripts]
      const onStdoutLine = () => progress(0.5)
      await exec(bash, ['-c', script, 'echo', String(params.times), inputs.loud, outputs.echoed], { onStdoutLine })
    },
  })
  const join = defineStage({
    name: 'join', version: 1, inputs: { parts: many({ kind: 'file', arity: 'one' } as const) }, params: z.object({}),
    outputs: { all: 'all.txt' },
    async run({ inputs, outputs }) {
      await writeFile(outputs.all, (await Promise.all(inputs.parts.map((part) => readFile(part, 'utf8')))).join(''))
    },
  })
  export default defineConfig({
    pipelines: [definePipeline({
      name: 'echoes', inputs: { text: 'file' },
      params: z.object({
        mark: z.string().default('!'), times: z.array(z.number()).default([1, 2]), how: z.string().default('copy'),
      }),
      build({ step, each, inputs, params }) {
        const { loud } = step(shout, { text: inputs.text }, { params: { mark: params.mark } })
        const { echoed } = each(params.times, (times) => step(echo, { loud }, { params: { times, how: params.how } }))
        return step(join, { parts: echoed })
      },
    })],
  })
`

/** A folder with a pipeline of its own and an input, and the built command line in it with a store of its own. */
export interface OwnPipeline {
  readonly dir: string
  run(...args: string[]): Promise<CommandEnd>
  start(...args: string[]): RunningCommand
}

/**
 * Makes a folder with the pipeline `echoes` and the input `in.txt`; it is removed when the test ends. The commands get
 * `env` on top of their own environment.
 */
export function makeOwnPipeline(env: Readonly<Record<string, string | undefined>> = {}): OwnPipeline {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-own-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'reprise.config.ts'), config)
  writeFileSync(join(dir, 'in.txt'), 'hello')
  const options = { cwd: dir, env: { REPRISE_STORE: join(dir, 'store'), NO_COLOR: '1', ...env } }
  return { dir, run: (...args) => runCommand(args, options), start: (...args) => startCommand(args, options) }
}
