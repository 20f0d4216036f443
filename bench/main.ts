import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Built } from './bench.ts'
import { belowTwice, nameOf } from './check.ts'
import { choicesBench } from './choices.bench.ts'
import { engineBench } from './engine.bench.ts'
import { hashBench } from './hash.bench.ts'
import { keepersBench } from './keepers/keepers.bench.ts'
import { describeMachine, type Machine, machineText } from './machine.ts'
import { type Comparison, standingOf, tableOf } from './measure.ts'
import { noopBench } from './noop.bench.ts'
import { remoteBench } from './remote.bench.ts'
import { runnersBench } from './runners/runners.bench.ts'
import { createScratch, type Scratch } from './scratch.ts'
import { storeBench } from './store.bench.ts'

const usual: readonly Bench[] = [hashBench, storeBench, engineBench, noopBench]
const peers: readonly Bench[] = [runnersBench, keepersBench]
const benches: readonly Bench[] = [...usual, ...peers, choicesBench, remoteBench]
/** What several benches are called together. */
const groups: Readonly<Record<string, readonly Bench[]>> = { peers }
const resultsDir = resolve('bench/results')

const usage = `npm run bench -- [--quick] [--check] [--rounds N] [--dir DIR] [${[...benches.map(({ name }) => name), ...Object.keys(groups)].join('|')} ...]

  --quick      128 MiB instead of 1 GiB, 2,000 files instead of 10,000, 10 to 1,000 steps, 3 rounds instead of 5
  --check      exit code 1 when a measurement is below its floor, and again when it is repeated
  --rounds N   how often each contender is measured; the median counts
  --dir DIR    where the files are made, which is the file system that is measured; bench/results/ by default
`

interface Options {
  readonly quick: boolean
  readonly check: boolean
  readonly rounds: number
  readonly dir: string
  readonly chosen: readonly Bench[]
}

function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      dir: { type: 'string', default: resultsDir },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds ${values.rounds} is no number of rounds`)
  return {
    quick: values.quick,
    check: values.check,
    rounds,
    dir: resolve(values.dir),
    chosen: chosenBenches(positionals),
  }
}

/** Returns the benches that names of benches and of groups stand for, each once and in the order of the tables. */
export function chosenBenches(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return usual
  const unknown = names.find((name) => !Object.hasOwn(groups, name) && !benches.some((bench) => bench.name === name))
  if (unknown !== undefined) throw new RangeError(`there is no bench '${unknown}'`)
  return benches.filter((bench) => names.some((name) => name === bench.name || groups[name]?.includes(bench)))
}

/** Runs the benches that the arguments name, prints their tables, and returns the exit code. */
export async function main(args: readonly string[], built: Built): Promise<number> {
  let options: Options
  try {
    options = parseOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  // Each Node that is started reads these certificates first, which takes as long as all that the rows are about.
  delete process.env.NODE_EXTRA_CA_CERTS
  mkdirSync(resultsDir, { recursive: true })
  mkdirSync(options.dir, { recursive: true })
  const machine = describeMachine(options.dir)
  const form = options.quick ? 'quick' : 'full'
  const sections = [`${machineText(machine)}; ${form} form, medians of ${options.rounds}`]
  console.log(sections[0])
  const low: Comparison[] = []
  const scratch = createScratch(options.dir)
  try {
    for (const bench of options.chosen) {
      const comparisons = await runBench(bench, options, scratch, built)
      const section = `### ${bench.title}\n\n${tableOf(comparisons)}`
      sections.push(section)
      console.log(`\n${section}`)
      writeResult(bench, { form, rounds: options.rounds, machine }, comparisons)
      if (!options.check) continue
      low.push(...(await belowTwice(comparisons, () => runBench(bench, options, scratch, built))))
    }
  } finally {
    scratch.remove()
  }
  writeFileSync(join(resultsDir, 'table.md'), `${sections.join('\n\n')}\n`)
  for (const comparison of low) console.error(`below the floor, twice: ${nameOf(comparison)}`)
  return low.length === 0 ? 0 : 1
}

async function runBench(
  bench: Bench,
  { quick, rounds }: Options,
  { section }: Scratch,
  built: Built,
): Promise<readonly Comparison[]> {
  return bench.run({ dir: section(bench.name), section, quick, measure: { rounds }, built })
}

function writeResult(
  bench: Bench,
  circumstances: { readonly form: string; readonly rounds: number; readonly machine: Machine },
  comparisons: readonly Comparison[],
): void {
  const result = {
    bench: bench.name,
    ...circumstances,
    takenAt: new Date().toISOString(),
    comparisons: comparisons.map((comparison) => ({ ...comparison, standing: standingOf(comparison) })),
  }
  writeFileSync(join(resultsDir, `${bench.name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
