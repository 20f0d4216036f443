import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, optional } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

interface Seen {
  readonly inode: number
  /** The step's working directory. */
  readonly outDir: string
  /** What is beside it. */
  readonly files: readonly string[]
}

/** Leaves something in a workspace, whose working directory is `outDir`. */
type Litter = (outDir: string, tempDir: () => string) => void

/** Returns a chain of three steps that note what their workspaces hold, and leave something in them if they are asked to. */
function chainOf(litter: Litter) {
  const seen: Seen[] = []
  const stage = defineStage({
    name: 'look',
    version: 1,
    inputs: { text: optional(file('text.txt')) },
    params: z.object({ n: z.number() }),
    outputs: { text: 'out.txt' },
    async run(context) {
      const outDir = dirname(context.outputs.text)
      const root = dirname(outDir)
      const files = readdirSync(root, { recursive: true }).map(String)
      seen.push({ inode: lstatSync(root).ino, outDir, files: files.filter((name) => name !== basename(outDir)) })
      const before = context.inputs.text === undefined ? '' : readFileSync(context.inputs.text, 'utf8')
      writeFileSync(context.outputs.text, `${before}${context.params.n}`)
      litter(outDir, () => context.tempDir)
    },
  })
  const pipeline = definePipeline({
    name: 'looks',
    inputs: {},
    params: z.object({}),
    build({ step }) {
      const { text: first } = step(stage, {}, { id: 'first', params: { n: 1 } })
      const { text: second } = step(stage, { text: first }, { id: 'second', params: { n: 2 } })
      return step(stage, { text: second }, { id: 'third', params: { n: 3 } })
    },
  })
  return { seen, pipeline }
}

const inputsAlone = [[], ['text.txt'], ['text.txt']]

it('is the one that the step before has left empty, with a working directory of its own', async () => {
  const { run, jobDir } = await createWorkbench()
  const { seen, pipeline } = chainOf(() => {})
  const { executed } = await run(pipeline)
  expect(executed).toEqual(['first', 'second', 'third'])
  expect(seen.map(({ files }) => files)).toEqual(inputsAlone)
  expect(new Set(seen.map(({ inode }) => inode)).size).toBe(1)
  expect(new Set(seen.map(({ outDir }) => outDir)).size).toBe(3)
  expect(readFileSync(join(jobDir, '03_third/out.txt'), 'utf8')).toBe('123')
  expect(readFileSync(join(jobDir, '03_third/stage.log'), 'utf8')).toBe('')
  expect(readdirSync(join(jobDir, '.work'))).toEqual([])
})

it.each<[string, Litter]>([
  ['a file beside its inputs', (outDir) => writeFileSync(join(outDir, '../left.txt'), 'left')],
  ['a file beside its outputs', (outDir) => writeFileSync(join(outDir, 'left.txt'), 'left')],
  ['a folder in its workspace', (outDir) => mkdirSync(join(outDir, '../left'))],
  ['a temporary file', (_outDir, tempDir) => writeFileSync(join(tempDir(), 'left.txt'), 'left')],
  ['nothing of its inputs', (outDir) => rmSync(join(outDir, '../text.txt'), { force: true })],
])('holds nothing of a step that leaves %s', async (_what, litter) => {
  const { run, jobDir } = await createWorkbench()
  const { seen, pipeline } = chainOf(litter)
  await run(pipeline)
  expect(seen.map(({ files }) => files)).toEqual(inputsAlone)
  expect(readdirSync(join(jobDir, '01_first')).sort()).toEqual(['manifest.json', 'out.txt', 'stage.log'])
  expect(readdirSync(join(jobDir, '.work'))).toEqual([])
})

it('has a directory for temporary files when one is asked for', async () => {
  const { run } = await createWorkbench()
  const there: boolean[] = []
  const { pipeline } = chainOf((outDir, tempDir) => {
    there.push(
      readdirSync(dirname(outDir)).some((name) => name.endsWith('.tmp')),
      existsSync(tempDir()),
    )
  })
  await run(pipeline)
  expect(there).toEqual([false, true, false, true, false, true])
})

/** What a stage makes of its output with its input, which is a copy. */
type Use = (input: string, output: string) => void

/** Runs steps, one after the other, that make a text each, and those that use one each, which are told of its copy. */
async function usesOf(texts: readonly string[], use: Use, before: (path: string) => void = () => {}) {
  const { run, jobDir } = await createWorkbench()
  const copies: { readonly inode: number; readonly mode: number; readonly text: string }[] = []
  const make = defineStage({
    name: 'make',
    version: 1,
    inputs: {},
    params: z.object({ text: z.string() }),
    outputs: { text: 'out.txt' },
    run({ params, outputs }) {
      writeFileSync(outputs.text, params.text)
      before(outputs.text)
    },
  })
  const user = defineStage({
    name: 'use',
    version: 1,
    inputs: { text: 'file' },
    params: z.object({}),
    outputs: { text: 'out.txt' },
    run({ inputs, outputs }) {
      const { ino: inode, mode } = statSync(inputs.text)
      copies.push({ inode, mode: mode & 0o777, text: readFileSync(inputs.text, 'utf8') })
      use(inputs.text, outputs.text)
    },
  })
  const pipeline = definePipeline({
    name: 'uses',
    inputs: {},
    params: z.object({}),
    build: ({ step }) =>
      Object.fromEntries(
        texts.map((text, index) => {
          const { text: made } = step(make, {}, { id: `make${index}`, params: { text } })
          return [`use${index}`, step(user, { text: made }, { id: `use${index}` }).text]
        }),
      ),
  })
  const observed = await run(pipeline, { concurrency: 1 })
  const outputs = texts.map((_, index) => {
    const name = readdirSync(jobDir).find((one) => one.endsWith(`_use${index}`)) ?? ''
    const path = join(jobDir, name, 'out.txt')
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  })
  return { ...observed, copies, outputs, inodes: new Set(copies.map(({ inode }) => inode)).size }
}

const texts = ['a line', 'a line that is longer', 'short', '', 'again']
const copy: Use = (input, output) => writeFileSync(output, `used: ${readFileSync(input, 'utf8')}`)

it('has the copy of an input where the step before had its own, and nothing of what was in that', async () => {
  const { result, copies, inodes } = await usesOf(texts.filter(Boolean), copy)
  expect(result.status).toBe('completed')
  expect(copies.map(({ text }) => text)).toEqual(texts.filter(Boolean))
  expect(inodes).toBe(1)
})

it('has a copy with the mode of its input', async () => {
  const modes = [0o644, 0o600, 0o755, 0o444, 0o644]
  const left = [...modes]
  const { copies } = await usesOf(['1', '2', '3', '4', '5'], copy, (path) => chmodSync(path, left.shift() ?? 0o644))
  expect(copies.map(({ mode }) => mode)).toEqual(modes)
})

it.each<[string, Use]>([
  ['links its input to its output', (input, output) => linkSync(input, output)],
  ['moves its input to its output', (input, output) => renameSync(input, output)],
  [
    'puts a link to its output in the place of its input',
    (input, output) => {
      writeFileSync(output, readFileSync(input))
      rmSync(input)
      symlinkSync(output, input)
    },
  ],
])('leaves the output of a stage alone that %s', async (_what, use) => {
  const { result, outputs } = await usesOf(['1', '2', '3'], use)
  expect(result.status).toBe('completed')
  expect(outputs.map((text) => text?.replace('used: ', ''))).toEqual(['1', '2', '3'])
})

it('has a copy of its own where a stage wrote to its input, and may write there again', async () => {
  const open: number[] = []
  const { copies, outputs, inodes, of } = await usesOf(['1', '2', '3'], (input, output) => {
    for (const file of open) writeSync(file, 'late')
    copy(input, output)
    const file = openSync(input, 'r+')
    truncateSync(input)
    appendFileSync(input, readFileSync(output, 'utf8').replace('used: ', ''))
    open.push(file)
  })
  for (const file of open) closeSync(file)
  expect(of('stage_failed')).toEqual([])
  expect(copies.map(({ text }) => text)).toEqual(['1', '2', '3'])
  expect(outputs).toEqual(['used: 1', 'used: 2', 'used: 3'])
  expect(inodes).toBe(3)
})
