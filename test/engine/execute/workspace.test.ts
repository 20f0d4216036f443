import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
