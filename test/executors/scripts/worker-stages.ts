import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { defineStage, defineTool } from '../../../src/core/index.ts'

/** Stages with which workers are ended, frozen and differ: this module is imported by tests, and built for workers. */

const dirs = z.object({ dir: z.string() })

const sleep = defineTool({
  name: 'sleep',
  command: 'sleep',
  version: { args: ['--version'], parse: (printed) => /(\d+\.\d+)/.exec(printed)?.[1] },
  install: { debian: 'coreutils' },
})

const sh = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: { debian: 'dash' },
})

/** The first execution never ends; every other one does at once. */
export const stuckOnce = defineStage({
  name: 'stuck-once',
  version: 1,
  inputs: {},
  params: dirs,
  outputs: { text: 'text.txt' },
  tools: [sleep],
  async run({ params, outputs, exec, progress }) {
    const isFirst = !existsSync(join(params.dir, 'began'))
    if (isFirst) {
      mkdirSync(join(params.dir, 'began'))
      progress(0.5, String(process.pid))
      await exec(sleep, ['1000000'])
    }
    writeFileSync(outputs.text, 'done')
  },
})

/** Ends the process that executes it. */
export const poison = defineStage({
  name: 'poison',
  version: 1,
  inputs: {},
  params: dirs,
  outputs: { text: 'text.txt' },
  tools: [sh],
  async run({ exec }) {
    await exec(sh, ['-c', 'kill -9 $PPID; sleep 1000000'])
  },
})

/** Blocks the event loop of its process for a while. */
export const block = defineStage({
  name: 'block',
  version: 1,
  inputs: {},
  params: z.object({ dir: z.string(), ms: z.number() }),
  outputs: { text: 'text.txt' },
  run({ params, outputs }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, params.ms)
    writeFileSync(outputs.text, 'done')
  },
})

/** Says something to the process that has started its own, as programs do that are watched by another. */
export const sendsMessages = defineStage({
  name: 'sends-messages',
  version: 1,
  inputs: {},
  params: dirs,
  outputs: { text: 'text.txt' },
  run({ outputs }) {
    for (const message of ['ready', { kind: 'ready' }, { type: 'online' }]) process.send?.(message)
    writeFileSync(outputs.text, 'done')
  },
})

/** Says on which device it computes. */
export const choosy = defineStage({
  name: 'choosy',
  version: 1,
  inputs: {},
  params: dirs,
  outputs: { text: 'text.txt' },
  devices: ['cuda', 'cpu'],
  run({ device, outputs }) {
    writeFileSync(outputs.text, device)
  },
})
