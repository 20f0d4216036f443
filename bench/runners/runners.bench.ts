import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Bench, type BenchContext, comparisonsOf } from '../bench.ts'
import { type GridFiles, gridRun, settle, writeGrids } from '../grid.ts'
import { type Installed, install, installedDir, reasonIn } from '../install.ts'
import { type AbsentContender, type Comparison, type Contender, interleave, type Target } from '../measure.ts'
import { bareNode, targets as bareNodeTargets } from '../noop.bench.ts'
import { program } from '../peers.ts'
import { nxAlone, nxWithDaemon } from './nx.ts'
import type { Runner } from './runner.ts'
import { settleRunner } from './settle.ts'
import { snakemake } from './snakemake.ts'
import { turbo } from './turbo.ts'
import { wireit } from './wireit.ts'

const runners: readonly Runner[] = [turbo, nxWithDaemon, nxAlone, wireit, snakemake]
const asFast: Target = { kind: 'speed', atLeast: 1 }
const runnerTargets = { [wireit.name]: asFast, [snakemake.name]: asFast }

const reprise = 'reprise run'

async function run(context: BenchContext): Promise<Comparison[]> {
  const counts = context.quick ? [10, 100] : [10, 100, 1000]
  const installed = new Map<Runner, Installed>()
  for (const runner of runners) installed.set(runner, await install(runner.package, installedDir))
  const files = writeGrids(context.dir, counts)
  const comparisons: Comparison[] = []
  for (const count of counts) comparisons.push(...(await compareAt(count, context, files, installed)))
  return comparisons
}

/** Compares the runs of one grid. */
async function compareAt(
  count: number,
  { dir, measure, built }: BenchContext,
  files: GridFiles,
  installed: ReadonlyMap<Runner, Installed>,
): Promise<Comparison[]> {
  const { args } = gridRun(files, count)
  settle(built.cli, args)
  const contenders: (Contender | AbsentContender)[] = [
    program(bareNode, [[process.execPath, '-e', '0']]),
    program(reprise, [[process.execPath, built.cli, ...args]]),
  ]
  const stops: (() => void)[] = []
  const stopAll = () => {
    for (const stop of stops.splice(0)) stop()
  }
  // Before the scratch directory goes, from which a program stops what it has left running.
  process.prependListener('exit', stopAll)
  try {
    for (const [index, runner] of runners.entries()) {
      const at = installed.get(runner)
      if (at?.ok !== true) {
        contenders.push({ name: runner.name, absent: at?.why ?? 'not installed' })
        continue
      }
      const gridDir = join(dir, `runner-${index}-${count}`)
      const stop = runner.stop?.(at.bin)
      if (stop !== undefined) stops.push(() => stopIn(gridDir, stop))
      contenders.push(await contenderOf(runner, at, gridDir, count))
    }
    const targets = { ...runnerTargets, ...bareTarget(count) }
    const contest = { work: `${count} steps, nothing to do`, ours: reprise, contenders: [], targets }
    return comparisonsOf(contest, await interleave(contenders, measure))
  } finally {
    stopAll()
    process.off('exit', stopAll)
  }
}

/** Returns the contender that brings a settled grid up to date, which fails when there was anything to do; or why there is none. */
async function contenderOf(
  runner: Runner,
  installed: { readonly dir: string; readonly bin: string },
  dir: string,
  count: number,
): Promise<Contender | AbsentContender> {
  console.error(`settling ${count} steps of ${runner.name}`)
  try {
    const { bring, executedCount } = await settleRunner(runner, installed, dir, count)
    const settledCount = executedCount()
    return {
      name: runner.name,
      run: bring,
      after() {
        if (executedCount() !== settledCount) throw new Error(`${runner.name} had something to do after all`)
      },
    }
  } catch (error) {
    return { name: runner.name, absent: `it could not be measured: ${reasonIn(error)}` }
  }
}

function stopIn(cwd: string, [command, ...args]: readonly [string, ...string[]]): void {
  try {
    execFileSync(command, args, { cwd, stdio: 'ignore' })
  } catch {
    // It does not run any more.
  }
}

function bareTarget(count: number): Readonly<Record<string, Target>> {
  const target = bareNodeTargets[count]
  return target === undefined ? {} : { [bareNode]: target }
}

/** Runs with nothing to do, against other programs that keep what was computed. */
export const runnersBench: Bench = { name: 'runners', title: 'Peers that run', run }
