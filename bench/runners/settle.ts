import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../peers.ts'
import { executedFile, type GridStep, gridEnds, gridSteps, type Runner } from './runner.ts'

/** How a program that is installed brings a grid up to date. */
export interface SettledGrid {
  readonly bring: () => Promise<void>
  /** How many steps it has executed in all. */
  readonly executedCount: () => number
}

/** Has a program compute a grid and makes sure that it did, and that it has nothing to do when it is asked again. */
export async function settleRunner(
  runner: Runner,
  installed: { readonly dir: string; readonly bin: string },
  dir: string,
  count: number,
): Promise<SettledGrid> {
  mkdirSync(dir)
  await runner.lay(dir, count)
  if (runner.package.registry === 'npm') symlinkSync(join(installed.dir, 'node_modules'), join(dir, 'node_modules'))
  const [command, ...args] = runner.command(installed.bin)
  const bring = () => runProgram(command, args, { cwd: dir, env: runner.env })
  const executed = join(dir, executedFile)
  const executedCount = () => (existsSync(executed) ? readFileSync(executed, 'utf8').split('\n').length - 1 : 0)
  const env = { ...runner.env, ...runner.computingEnv?.(dir) }
  await runProgram(command, args, { cwd: dir, env })
  if (executedCount() !== count) throw new Error(`it executed ${executedCount()} of ${count} steps`)
  const wrong = gridEnds(count).find(
    (end) => readFileSync(join(dir, runner.output(end.index)), 'utf8') !== lines(end, count),
  )
  if (wrong !== undefined) throw new Error(`step ${wrong.index} left something else than its chain's lines`)
  // What was written a moment ago may not be trusted by its time alone, hence a run between.
  await bring()
  const before = executedCount()
  await bring()
  if (executedCount() !== before) throw new Error(`it executes ${executedCount() - before} steps again`)
  return { bring, executedCount }
}

/** Returns what the chain up to `step` leaves in its last file. */
function lines(step: GridStep, count: number): string {
  const steps = gridSteps(count)
  let text = ''
  for (
    let at: GridStep | undefined = step;
    at !== undefined;
    at = at.before === undefined ? undefined : steps[at.before]
  ) {
    text = `${at.index}\n${text}`
  }
  return `a line\n${text}`
}
