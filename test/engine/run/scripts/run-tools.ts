import { execFileSync } from 'node:child_process'
import { z } from 'zod'
import { definePipeline, defineStage, defineTool } from '../../../../src/core/index.ts'
import { runPipeline } from '../../../../src/engine/index.ts'
import { openStore } from '../../../../store/index.ts'

/** Runs so many steps at once that each start a process or several, as a user's own program would, and prints how it went. */
const [dir = '', count = '', programs = '1', openFilesMax] = process.argv.slice(2)
// Node opens the modules of a program all at once: what is limited is what comes after.
if (openFilesMax !== undefined)
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${openFilesMax}:${openFilesMax}`])

const shell = defineTool({
  name: 'sh',
  command: '/bin/sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: {},
})

const write = defineStage({
  name: 'write',
  version: 1,
  inputs: {},
  params: z.object({ text: z.string() }),
  outputs: { text: 'text.txt' },
  tools: [shell],
  async run({ exec, params, outputs }) {
    const write = ['-c', 'sleep 0.05; printf %s "$1" > "$2"', 'sh', params.text, outputs.text]
    await Promise.all(Array.from({ length: Number(programs) }, () => exec(shell, write)))
  },
})

const pipeline = definePipeline({
  name: 'writes',
  inputs: {},
  params: z.object({}),
  build: ({ step }) => {
    const names = Array.from({ length: Number(count) }, (_, index) => `write${index}`)
    return Object.fromEntries(names.map((id) => [id, step(write, {}, { id, params: { text: id } }).text]))
  },
})

const opened = await openStore({ dir: `${dir}/store` })
if (!opened.ok) throw new Error(opened.error.kind)
const store = opened.value
const { signal } = new AbortController()
const killSignal = new AbortController().signal
const concurrency = Number(count)
const result = await runPipeline({ pipeline, inputs: {}, jobDir: `${dir}/job`, store, concurrency, signal, killSignal })
await store.close()
process.stdout.write(`${result.status} ${result.summary.executed}\n`)
