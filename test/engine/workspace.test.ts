import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, optional } from '../../src/core/index.ts'
import { createWorkbench } from '../rig/workbench.ts'

interface Seen {
  readonly root: string
  readonly inode: number
  readonly files: readonly string[]
}

/** Returns a chain of three steps that note what their workspaces hold, and leave something in them if they are asked to. */
function chainOf(litter: (root: string, tempDir: () => string) => void) {
  const seen: Seen[] = []
  const stage = defineStage({
    name: 'look',
    version: 1,
    inputs: { text: optional(file('text.txt')) },
    params: z.object({ n: z.number() }),
    outputs: { text: 'out.txt' },
    async run(context) {
      const root = dirname(dirname(context.outputs.text))
      const files = readdirSync(root, { recursive: true }).map(String).sort()
      seen.push({ root, inode: lstatSync(root).ino, files })
      const before = context.inputs.text === undefined ? '' : readFileSync(context.inputs.text, 'utf8')
      writeFileSync(context.outputs.text, `${before}${context.params.n}`)
      litter(root, () => context.tempDir)
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

const fresh = [
  ['in', 'out'],
  ['in', 'in/text.txt', 'out'],
  ['in', 'in/text.txt', 'out'],
]

it('is the one that the step before has left empty, under another name', async () => {
  const { run, jobDir } = await createWorkbench()
  const { seen, pipeline } = chainOf(() => {})
  const { executed } = await run(pipeline)
  expect(executed).toEqual(['first', 'second', 'third'])
  expect(seen.map(({ files }) => files)).toEqual(fresh)
  expect(new Set(seen.map(({ inode }) => inode)).size).toBe(1)
  expect(new Set(seen.map(({ root }) => root)).size).toBe(3)
  expect(readFileSync(join(jobDir, '03_third/out.txt'), 'utf8')).toBe('123')
  expect(readFileSync(join(jobDir, '03_third/stage.log'), 'utf8')).toBe('')
  expect(readdirSync(join(jobDir, '.work'))).toEqual([])
})

it.each([
  ['a file beside its inputs', (root: string) => writeFileSync(join(root, 'in/left.txt'), 'left')],
  ['a file beside its outputs', (root: string) => writeFileSync(join(root, 'out/left.txt'), 'left')],
  ['a folder in its workspace', (root: string) => mkdirSync(join(root, 'left'))],
  ['a temporary file', (_root: string, tempDir: () => string) => writeFileSync(join(tempDir(), 'left.txt'), 'left')],
  ['its inputs elsewhere', (root: string) => renameSync(join(root, 'in'), join(root, 'elsewhere'))],
])('holds nothing of a step that leaves %s', async (_what, litter) => {
  const { run, jobDir } = await createWorkbench()
  const { seen, pipeline } = chainOf(litter)
  await run(pipeline)
  expect(seen.map(({ files }) => files)).toEqual(fresh)
  expect(readdirSync(join(jobDir, '01_first')).sort()).toEqual(['manifest.json', 'out.txt', 'stage.log'])
  expect(readdirSync(join(jobDir, '.work'))).toEqual([])
})

it('has a directory for temporary files when one is asked for', async () => {
  const { run } = await createWorkbench()
  const there: boolean[] = []
  const { pipeline } = chainOf((root, tempDir) => {
    there.push(existsSync(join(root, 'tmp')), existsSync(tempDir()))
  })
  await run(pipeline)
  expect(there).toEqual([false, true, false, true, false, true])
})
