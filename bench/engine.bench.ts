import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { LocalStore } from '../store/index.ts'
import { type Bench, type BenchContext, compare, ours } from './bench.ts'
import { type Comparison, median, type Timing } from './measure.ts'

type Api = typeof import('../src/index.ts')
type Params = Readonly<Record<string, string | number>>

/** Takes whatever it is given: no schema library is measured. */
const anyParams: StandardSchemaV1<Params> = {
  '~standard': {
    version: 1,
    vendor: 'bench',
    validate: (value) => ({ value: typeof value === 'object' ? { ...value } : {} }),
  },
}

type Heard = (what: 'begin' | 'end') => void

/** Ten chains of steps, side by side, that each copy a line. */
const grid = 10

/** Chains of steps, side by side, that each copy a line; `ran` is told when each begins and ends. */
function chains({ defineStage, definePipeline }: Api, count: number, lanes = grid, ran: Heard = () => {}) {
  const stage = defineStage({
    name: 'line',
    version: 1,
    inputs: { text: 'file' },
    params: anyParams,
    outputs: { text: 'out.txt' },
    async run({ inputs, outputs }) {
      ran('begin')
      copyFileSync(inputs.text, outputs.text)
      ran('end')
    },
  })
  return definePipeline({
    name: `chains-${count}`,
    inputs: { text: 'file' },
    params: anyParams,
    build({ step, inputs }) {
      const width = Math.min(lanes, count)
      const ends = Array.from({ length: width }, () => inputs.text)
      for (let index = 0; index < count; index++) {
        const lane = index % width
        const text = ends[lane] ?? inputs.text
        ends[lane] = step(stage, { text }, { id: `line${index}`, params: { index } }).text
      }
      return Object.fromEntries(ends.map((text, lane) => [`lane${lane}`, text]))
    },
  })
}

/** Where the next round works: a store and a job that have never been used. */
class Fresh {
  readonly #context: BenchContext
  #round = 0
  #store: LocalStore | undefined

  constructor(context: BenchContext) {
    this.#context = context
  }

  async open(): Promise<void> {
    this.#round += 1
    mkdirSync(this.#dir)
    writeFileSync(this.input, 'a line\n')
    this.#store = await this.#context.built.openStore(join(this.#dir, 'store'))
  }

  async close(): Promise<void> {
    await this.#store?.close()
    this.#store = undefined
  }

  get #dir(): string {
    return join(this.#context.dir, `round-${this.#round}`)
  }

  get input(): string {
    return join(this.#dir, 'input.txt')
  }

  request(): { inputs: { text: string }; jobDir: string; store: LocalStore } {
    if (this.#store === undefined) throw new Error('the store is not open')
    return { inputs: { text: this.input }, jobDir: join(this.#dir, 'job'), store: this.#store }
  }

  path(name: string): string {
    return join(this.#dir, name)
  }
}

async function planning(context: BenchContext, api: Api, fresh: Fresh): Promise<Comparison[]> {
  const count = context.quick ? 1000 : 10_000
  const pipeline = chains(api, count)
  const samplesMs: number[] = []
  for (let round = -1; round < context.measure.rounds; round++) {
    await fresh.open()
    const began = performance.now()
    const plan = await api.planRun({ pipeline, ...fresh.request() })
    if (round >= 0) samplesMs.push(performance.now() - began)
    await fresh.close()
    if (!plan.ok || plan.value.length !== count) throw new Error('the plan is not that of every step')
  }
  return [
    {
      work: `plan ${count} steps`,
      ours: timing(samplesMs),
      target: { kind: 'duration', atMostMs: (300 * count) / 10_000 },
    },
  ]
}

/** What a step leaves in its job: a directory with its output, its manifest and its log. */
function createFiles(dir: string, count: number): void {
  mkdirSync(dir)
  const manifest = 'x'.repeat(1000)
  for (let index = 0; index < count; index++) {
    const step = join(dir, String(index))
    mkdirSync(step)
    writeFileSync(join(step, 'out.txt'), 'a line\n')
    writeFileSync(join(step, 'manifest.json'), manifest)
    closeSync(openSync(join(step, 'stage.log'), 'a'))
  }
}

async function executing(context: BenchContext, api: Api, fresh: Fresh): Promise<Comparison[]> {
  const count = context.quick ? 200 : 10_000
  const pipeline = chains(api, count)
  const peer = 'creating their files'
  const setUp = { before: () => fresh.open(), after: () => fresh.close() }
  return compare(
    {
      work: `execute ${count} steps in process`,
      contenders: [
        {
          name: ours,
          ...setUp,
          async run() {
            const { summary } = await api.runPipeline({ pipeline, ...fresh.request() })
            if (summary.executed !== count) throw new Error(`${summary.executed} steps were executed, not ${count}`)
          },
        },
        { name: peer, ...setUp, run: () => createFiles(fresh.path('files'), count) },
      ],
      // It is held against what was reached: 9 times, and 21 with few steps, for which no code is compiled yet.
      targets: { [peer]: { kind: 'time', atMost: 2, slack: context.quick ? 16 : 7 } },
    },
    // Ten thousand steps average by themselves.
    context.quick ? context.measure : { rounds: 1, warmups: 0 },
  )
}

async function telling(context: BenchContext, api: Api, fresh: Fresh): Promise<Comparison[]> {
  const count = context.quick ? 2000 : 10_000
  const samplesMs: number[] = []
  let tookMs = 0
  const stage = api.defineStage({
    name: 'tell',
    version: 1,
    inputs: {},
    params: anyParams,
    outputs: { text: 'out.txt' },
    async run({ outputs, log }) {
      const began = performance.now()
      for (let index = 0; index < count; index++) log('a line')
      tookMs = performance.now() - began
      writeFileSync(outputs.text, 'told')
    },
  })
  const pipeline = api.definePipeline({
    name: 'tells',
    inputs: { text: 'file' },
    params: anyParams,
    build: ({ step }) => ({ text: step(stage, {}).text }),
  })
  for (let round = -1; round < context.measure.rounds; round++) {
    await fresh.open()
    let heard = 0
    const onEvent = ({ event }: { readonly event: string }) => {
      if (event === 'stage_log') heard += 1
    }
    await api.runPipeline({ pipeline, ...fresh.request(), onEvent })
    await fresh.close()
    if (heard < count) throw new Error(`${heard} events were heard, not ${count}`)
    if (round >= 0) samplesMs.push(tookMs / count)
  }
  return [
    {
      work: 'log a line: written, told as an event, and kept',
      ours: timing(samplesMs),
      target: { kind: 'duration', atMostMs: 0.01 },
    },
  ]
}

/**
 * Measures a chain without any breadth, in which what lies between two stages is the engine's own work. With breadth the
 * results of short steps wait for each other, to share what the disk takes.
 */
async function between(context: BenchContext, api: Api, fresh: Fresh): Promise<Comparison[]> {
  const count = context.quick ? 100 : 1000
  const saving: number[] = []
  const starting: number[] = []
  let endedMs = 0
  let savedMs: number | undefined
  const pipeline = chains(api, count, 1, (what) => {
    if (what === 'end') endedMs = performance.now()
    else if (savedMs !== undefined) starting.push(performance.now() - savedMs)
  })
  const onEvent = ({ event }: { readonly event: string }) => {
    if (event !== 'stage_completed') return
    savedMs = performance.now()
    saving.push(savedMs - endedMs)
  }
  await fresh.open()
  await api.runPipeline({ pipeline, ...fresh.request(), concurrency: 1, onEvent })
  await fresh.close()
  return [
    { work: "save a step's state", ours: timing(saving), target: { kind: 'duration', atMostMs: 1, slack: 3 } },
    { work: "from a step's end to the next stage's start", ours: timing(starting) },
  ]
}

/** A fan-out over the files of a folder: all of them, none, and one that is new. */
async function files(context: BenchContext, api: Api, fresh: Fresh): Promise<Comparison[]> {
  const count = context.quick ? 500 : 10_000
  const stage = api.defineStage({
    name: 'line',
    version: 1,
    inputs: { text: 'file' },
    params: anyParams,
    outputs: { text: 'out.txt' },
    run: ({ inputs, outputs }) => copyFileSync(inputs.text, outputs.text),
  })
  const gather = api.defineStage({
    name: 'gather',
    version: 1,
    inputs: { texts: api.many(api.file()) },
    params: anyParams,
    outputs: { count: 'count.txt' },
    run: ({ inputs, outputs }) => writeFileSync(outputs.count, String(inputs.texts.length)),
  })
  const pipeline = api.definePipeline({
    name: 'files',
    inputs: { folder: 'tree' },
    params: anyParams,
    build({ step, each, inputs }) {
      const { text } = each(api.files(inputs.folder, '**/*.txt'), ({ file }) => step(stage, { text: file }))
      return step(gather, { texts: text })
    },
  })
  await fresh.open()
  const folder = fresh.path('folder')
  mkdirSync(folder)
  for (let index = 0; index < count; index++) writeFileSync(join(folder, `${index}.txt`), `line ${index}\n`)
  const { jobDir, store } = fresh.request()
  const timed = async (work: string, executed: number): Promise<Comparison> => {
    const began = performance.now()
    const { summary } = await api.runPipeline({ pipeline, inputs: { folder }, jobDir, store })
    const tookMs = performance.now() - began
    if (summary.executed !== executed) throw new Error(`${work}: ${summary.executed} executed, not ${executed}`)
    return { work: `a fan-out over ${count} files, ${work}`, ours: timing([tookMs]) }
  }
  const cold = await timed('all new', count + 1)
  // The hits of the first run are noted in the second.
  await timed('none new', 0)
  const warm = await timed('none new', 0)
  writeFileSync(join(folder, 'new.txt'), 'a new line\n')
  const more = await timed('one new', 2)
  await fresh.close()
  return [cold, warm, more]
}

function timing(samplesMs: readonly number[]): Timing {
  return { name: ours, samplesMs, medianMs: median(samplesMs) }
}

async function run(context: BenchContext): Promise<Comparison[]> {
  const api = await context.built.loadApi()
  const comparisons: Comparison[] = []
  for (const part of [planning, executing, telling, between, files]) {
    const dir = context.section(`engine-${part.name}`)
    const inDir = { ...context, dir }
    comparisons.push(...(await part(inDir, api, new Fresh(inDir))))
  }
  return comparisons
}

/** What the engine itself costs, with stages that do next to nothing. */
export const engineBench: Bench = { name: 'engine', title: 'Engine', run }
