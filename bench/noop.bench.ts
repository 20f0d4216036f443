import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Bench, type BenchContext, comparisonsOf } from './bench.ts'
import { gridRun, settle, writeGrids } from './grid.ts'
import { type AbsentContender, type Comparison, type Contender, interleave, median, type Target } from './measure.ts'
import { isInstalled, program } from './peers.ts'

/** At most so many times the start of a bare Node. The slack is what was reached on a busy machine, and some more. */
export const targets: Readonly<Record<number, Target>> = {
  10: { kind: 'time', atMost: 1.5, slack: 3 },
  100: { kind: 'time', atMost: 1.6, slack: 3.5 },
  1000: { kind: 'time', atMost: 2, slack: 5 },
  10000: { kind: 'time', atMost: 5, slack: 12 },
}
const subtitlesTarget: Target = { kind: 'time', atMost: 3 }
export const bareNode = 'node -e 0'

/** So much memory above that of a bare Node, by the number of steps. */
const memoryTargets: Readonly<Record<number, Target>> = {
  100: { kind: 'memory', atMostMiB: 15, slack: 1.8 },
  10000: { kind: 'memory', atMostMiB: 60, slack: 2.2 },
}

/**
 * Prints the peak of a program's memory, in KiB. The `maxRSS` of a program that another one has started is at least what
 * that other one took when it did so, hence the peak of the address space where the system tells it.
 */
const printPeak = `
const { readFileSync } = await import('node:fs')
console.log(process.platform === 'linux'
  ? /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
  : process.resourceUsage().maxRSS)
`

const apiModule = (api: string) => `
import { defineStage, definePipeline, openStore, runPipeline } from ${JSON.stringify(pathToFileURL(api).href)}
import { gridPipeline } from './grid.mjs'

const [count, text, jobDir, storeDir, settled] = process.argv.slice(2)
const pipeline = gridPipeline({ defineStage, definePipeline }, Number(count))
const opened = await openStore({ dir: storeDir })
const store = opened.value
const result = await runPipeline({ pipeline, inputs: { text }, jobDir, store })
await store.close()
if (result.status !== 'completed') throw new Error(JSON.stringify(result.failure))
if (settled && result.summary.executed > 0) throw new Error(\`it had \${result.summary.executed} steps to execute\`)
${printPeak}
`

/** The first computes; a file that was written a moment ago is not trusted by its time alone, and the last trusts all. */
const settlingRuns = 3

interface Grid {
  readonly count: number
  readonly cli: string
  readonly api: string
}

interface GridRuns {
  readonly grid: Grid
  /** The program that runs it through the API, for Node. */
  readonly api: readonly string[]
  readonly contenders: readonly (Contender | AbsentContender)[]
}

async function grids({ dir, quick, measure, built }: BenchContext): Promise<Comparison[]> {
  const counts = quick ? [10, 100, 1000] : [10, 100, 1000, 10_000]
  const files = writeGrids(dir, counts)
  writeFileSync(join(dir, 'api.mjs'), apiModule(built.api))
  const all: GridRuns[] = counts.map((count) => {
    const { args, job, store } = gridRun(files, count)
    settle(built.cli, args)
    const grid = { count, cli: `reprise run, ${count} steps`, api: `runPipeline, ${count} steps` }
    // A config's stages have their source in their keys, and a program's have not: one job for both would change each time.
    const unsettled = [join(dir, 'api.mjs'), String(count), files.input, `${job}-api`, store]
    for (let run = 0; run < settlingRuns; run++) printedBy(unsettled)
    const api = [...unsettled, 'settled']
    return {
      grid,
      api,
      contenders: [
        program(grid.cli, [[process.execPath, built.cli, ...args]]),
        program(grid.api, [[process.execPath, ...api]]),
      ],
    }
  })
  const timings = await interleave([bare(), ...all.flatMap(({ contenders }) => contenders)], measure)
  const pick = (names: readonly string[]) => new Map([...timings].filter(([name]) => names.includes(name)))
  const rows = all.flatMap(({ grid }) =>
    [
      { work: `${grid.count} steps, nothing to do: reprise run`, name: grid.cli },
      { work: `${grid.count} steps, nothing to do: API`, name: grid.api },
    ].flatMap(({ work, name }) => {
      const target = targets[grid.count]
      const contest = {
        work,
        ours: name,
        contenders: [],
        ...(target === undefined ? {} : { targets: { [bareNode]: target } }),
      }
      return comparisonsOf(contest, pick([bareNode, name]))
    }),
  )
  return [...rows, ...all.flatMap(({ grid, api }) => memoryRow(grid.count, api, measure.rounds))]
}

/** Compares the peak of a program that runs a job with nothing to do with that of a program that does nothing. */
function memoryRow(count: number, api: readonly string[], rounds: number): Comparison[] {
  const target = memoryTargets[count]
  if (target === undefined) return []
  const samplesMiB = Array.from(
    { length: rounds },
    () => (printedBy(api) - printedBy(['--input-type=module', '-e', printPeak])) / 1024,
  )
  const work = `${count} steps, nothing to do: memory above ${bareNode}`
  return [{ work, ours: { name: 'API', samplesMiB, medianMiB: median(samplesMiB) }, target }]
}

function printedBy(args: readonly string[]): number {
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

function bare(): Contender | AbsentContender {
  return program(bareNode, [[process.execPath, '-e', '0']])
}

const mediaTools = ['ffmpeg', 'ffprobe', 'flite', 'sox', 'pocketsphinx_continuous', 'apertium']

/** The pipeline that ships, on a film of 25 seconds. */
async function subtitles({ dir, measure, built }: BenchContext): Promise<Comparison[]> {
  const name = 'reprise run subtitles'
  const work = 'subtitles pipeline, nothing to do: reprise run'
  const missing = mediaTools.filter((tool) => !isInstalled(tool))
  let contender: Contender | AbsentContender = { name, absent: `not installed: ${missing.join(', ')}` }
  if (missing.length === 0) {
    const film = join(dir, 'talk.mp4')
    execFileSync('sh', [resolve('scripts/make-sample.sh'), film], { stdio: ['ignore', 'ignore', 'pipe'] })
    const args = ['run', 'subtitles', film, '--job', join(dir, 'job'), '--store', join(dir, 'store'), '-p', 'to=es']
    settle(built.cli, args)
    contender = program(name, [[process.execPath, built.cli, ...args]])
  }
  const timings = await interleave([bare(), contender], measure)
  return comparisonsOf({ work, ours: name, contenders: [], targets: { [bareNode]: subtitlesTarget } }, timings)
}

async function run(context: BenchContext): Promise<Comparison[]> {
  if (!existsSync(context.built.cli)) throw new Error(`there is no ${context.built.cli}: run 'npm run build'`)
  const dirs = ['grids', 'subtitles'].map((name) => join(context.dir, name))
  const [gridDir = context.dir, filmDir = context.dir] = dirs
  for (const dir of dirs) mkdirSync(dir)
  return [...(await grids({ ...context, dir: gridDir })), ...(await subtitles({ ...context, dir: filmDir }))]
}

/** Runs with nothing to do, against the start of Node itself. */
export const noopBench: Bench = { name: 'noop', title: 'Nothing to do', run }
