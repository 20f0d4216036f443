import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Ten chains side by side, of steps that each write a line; no schema library, so that only Reprise is measured. */
const gridModule = `
import { appendFileSync, copyFileSync } from 'node:fs'

const params = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: value ?? {} }) } }

export function gridPipeline({ defineStage, definePipeline }, count) {
  const stage = defineStage({
    name: 'line',
    version: 1,
    inputs: { text: 'file' },
    params,
    outputs: { text: 'out.txt' },
    run({ inputs, params, outputs }) {
      copyFileSync(inputs.text, outputs.text)
      appendFileSync(outputs.text, params.index + '\\n')
    },
  })
  return definePipeline({
    name: 'grid' + count,
    inputs: { text: 'file' },
    params,
    build({ step, inputs }) {
      const ends = Array.from({ length: Math.min(10, count) }, () => inputs.text)
      for (let index = 0; index < count; index++) {
        const lane = index % ends.length
        ends[lane] = step(stage, { text: ends[lane] }, { id: 'line' + index, params: { index } }).text
      }
      return Object.fromEntries(ends.map((text, lane) => ['lane' + lane, text]))
    },
  })
}
`

const configModule = (counts: readonly number[]) => `
import { defineStage, definePipeline } from 'reprise'
import { gridPipeline } from './grid.mjs'

export default { pipelines: [${counts.join(', ')}].map((count) => gridPipeline({ defineStage, definePipeline }, count)) }
`

/** Where the files lie that every run of a grid needs. */
export interface GridFiles {
  readonly dir: string
  readonly config: string
  readonly input: string
}

/** Writes the module of the grids, a config with one of each count, and their input. */
export function writeGrids(dir: string, counts: readonly number[]): GridFiles {
  writeFileSync(join(dir, 'grid.mjs'), gridModule)
  const config = join(dir, 'reprise.config.mjs')
  writeFileSync(config, configModule(counts))
  const input = join(dir, 'input.txt')
  writeFileSync(input, 'a line\n')
  return { dir, config, input }
}

/** How one grid is run: the arguments of the command line, and the directories that they name. */
export interface GridRun {
  readonly args: readonly string[]
  readonly job: string
  readonly store: string
}

/** Returns how the grid of `count` steps is run. */
export function gridRun({ dir, config, input }: GridFiles, count: number): GridRun {
  // A store of its own: what another grid keeps in it would be mapped into memory, too.
  const [job, store] = [join(dir, `job-${count}`), join(dir, `store-${count}`)]
  return { job, store, args: ['run', `grid${count}`, input, '--job', job, '--store', store, '--config', config] }
}

/** Runs the command line and returns the steps that it executed. */
function executedBy(cli: string, args: readonly string[]): string[] {
  const printed = execFileSync(process.execPath, [cli, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1024 * 1024 * 1024,
  })
  return printed
    .split('\n')
    .filter((line) => line.includes('"stage_running"'))
    .map((line) => {
      const event: unknown = JSON.parse(line)
      return typeof event === 'object' && event !== null && 'stage' in event ? String(event.stage) : line
    })
}

/** Computes everything, and makes sure that what is measured afterwards has nothing to do. */
export function settle(cli: string, args: readonly string[]): void {
  if (executedBy(cli, args).length === 0) throw new Error(`the first run executed nothing: reprise ${args.join(' ')}`)
  // A file that was written a moment ago is not trusted by its time alone: the second run is the first to trust all.
  executedBy(cli, args)
  const again = executedBy(cli, args)
  if (again.length > 0) throw new Error(`a run that should have nothing to do executed ${again.join(', ')}`)
}
