import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import {
  defineSecret,
  defineService,
  defineStage,
  defineTool,
  file,
  json,
  many,
  optional,
  provide,
  provideLazily,
  tree,
} from '../../src/core/index.ts'

/** Stages with which every executor is tried: this module is imported by tests, and built for other processes. */

const none = z.object({})
const sh = defineTool({
  name: 'sh',
  command: 'sh',
  version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
  install: { debian: 'dash' },
})

/** A secret that must appear nowhere; its quote is escaped in JSON. */
export const executorSecret = 'executor-token-7c1d"hush'
const token = defineSecret('token')
const absent = defineService<string>('absent')
export const provisions = [
  provide(token, executorSecret),
  provideLazily(absent, () => {
    throw new Error('it is asleep')
  }),
]

/** Makes an output of every kind. */
export const make = defineStage({
  name: 'make',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({ words: z.array(z.string()) }),
  outputs: {
    script: 'deep/run.sh',
    all: 'all/',
    counts: json(z.object({ letters: z.number() })),
    empty: file('empty.txt', { mayBeEmpty: true }),
  },
  run({ inputs, params, outputs }) {
    const text = readFileSync(inputs.text, 'utf8')
    writeFileSync(outputs.script, `#!/bin/sh\necho ${text}\n`)
    chmodSync(outputs.script, 0o755)
    mkdirSync(join(outputs.all, 'inner'))
    for (const word of params.words) writeFileSync(join(outputs.all, 'inner', `${word}.txt`), word)
    writeFileSync(join(outputs.all, 'run.sh'), 'exit 0\n')
    chmodSync(join(outputs.all, 'run.sh'), 0o755)
    writeFileSync(outputs.empty, '')
    return { counts: { letters: text.length } }
  },
})

/** Reads an input of every kind and arity, and everything else that a stage is given. */
export const read = defineStage({
  name: 'read',
  version: 1,
  inputs: {
    script: file('named.sh'),
    all: tree(),
    counts: json(z.object({ letters: z.number() })),
    texts: many(file('page.txt')),
    values: many(json(z.string())),
    item: optional(json(z.string())),
    nothing: optional(file()),
  },
  params: z.object({ word: z.string() }),
  outputs: { seen: json() },
  tools: [sh],
  env: ['REPRISE_TEST_WORD'],
  resources: { pool: 'gpu' },
  devices: ['cpu', 'cuda'],
  async run({ inputs, params, device, gpus, take, env, exec }) {
    const told = await exec(sh, [
      '-c',
      '"$1"; printf %s "$CUDA_VISIBLE_DEVICES"; "$2/run.sh"',
      'sh',
      inputs.script,
      inputs.all,
    ])
    return {
      seen: {
        printed: told.stdout,
        name: basename(inputs.script),
        inner: readFileSync(join(inputs.all, 'inner', `${params.word}.txt`), 'utf8'),
        counts: inputs.counts,
        texts: inputs.texts.map((path) => [basename(path), readFileSync(path, 'utf8')]),
        values: inputs.values,
        item: inputs.item ?? null,
        isAbsent: inputs.nothing === undefined,
        given: { device, gpus: [...gpus], take, env },
      },
    }
  },
})

/** Gives a list for a fan-out. */
export const list = defineStage({
  name: 'list',
  version: 1,
  inputs: {},
  params: none,
  outputs: { items: json(z.array(z.string())), text: 'text.txt' },
  run({ outputs }) {
    writeFileSync(outputs.text, 'of the list')
    return { items: ['one', 'two "quoted"'] }
  },
})

/** Gives an item back. */
export const give = defineStage({
  name: 'give',
  version: 1,
  inputs: { item: json(z.string()) },
  params: none,
  outputs: { value: json(z.string()), text: 'text.txt' },
  run({ inputs, outputs }) {
    writeFileSync(outputs.text, `text of ${inputs.item}`)
    return { value: inputs.item }
  },
})

/** Tells how far it is, logs and runs a program, and leaves another running. */
export const tell = defineStage({
  name: 'tell',
  version: 1,
  inputs: {},
  params: none,
  outputs: { text: 'text.txt' },
  tools: [sh],
  async run({ outputs, progress, log, exec }) {
    progress(0.25, 'a quarter')
    log('first')
    await exec(sh, ['-c', 'echo aside >&2'])
    progress(0.5)
    log('second')
    writeFileSync(outputs.text, 'told')
    void exec(sh, ['-c', 'sleep 1000']).catch(() => {})
  },
})

function authorsMistake(): never {
  throw new TypeError('a mistake of the author')
}

/** Fails in the way that its param names. */
export const fail = defineStage({
  name: 'fail',
  version: 1,
  inputs: { text: optional(file()) },
  params: z.object({ how: z.string() }),
  outputs: { text: 'text.txt', value: json(z.number()) },
  tools: [sh],
  contracts: [
    {
      name: 'is not bad',
      check: ({ outputs }) => (outputs.value < 0 ? [{ message: 'it is bad', expected: '0', found: '-1' }] : undefined),
    },
  ],
  async run({ inputs, params: { how }, outputs, exec, fail: refuse, outOfMemory }) {
    if (how !== 'output-missing') writeFileSync(outputs.text, how === 'output-empty' ? '' : 'text')
    if (how === 'stage-failed') refuse('the stage refuses', { retryAfterMs: 1 })
    if (how === 'stage-threw') authorsMistake()
    if (how === 'stage-exited') await exec(sh, ['-c', 'echo what is wrong >&2; exit 3'])
    if (how === 'device-out-of-memory') outOfMemory('too large')
    if (how === 'input-changed' && inputs.text !== undefined) writeFileSync(inputs.text, 'changed')
    return { value: how === 'output-invalid' ? Number.NaN : how === 'contract-violated' ? -1 : 1 }
  },
})

/** Waits for its signal. */
export const wait = defineStage({
  name: 'wait',
  version: 1,
  inputs: {},
  params: none,
  outputs: { text: 'text.txt' },
  tools: [sh],
  async run({ outputs, exec, progress }) {
    await exec(sh, ['-c', 'echo $$; exec sleep 1000'], {
      onStdoutLine: (pid) => {
        writeFileSync(outputs.text, 'half of it')
        progress(0.5, pid)
      },
    })
  },
})

/** Says its secret wherever it can. */
export const blab = defineStage({
  name: 'blab',
  version: 1,
  inputs: {},
  params: none,
  outputs: { text: 'text.txt' },
  tools: [sh],
  services: { token },
  async run({ services, exec, log, progress, fail: refuse }) {
    log(`the token is ${services.token}`)
    progress(0.5, services.token)
    await exec(sh, ['-c', 'echo "$TOKEN" >&2', services.token], { env: { TOKEN: services.token } })
    refuse(`no luck with ${services.token}`)
  },
})

/** Needs a service that cannot be made. */
export const lack = defineStage({
  name: 'lack',
  version: 1,
  inputs: {},
  params: none,
  outputs: { text: 'text.txt' },
  services: { absent },
  run: ({ outputs, services }) => writeFileSync(outputs.text, services.absent),
})
