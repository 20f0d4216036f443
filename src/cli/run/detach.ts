import { exitCodes } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { printable } from '../../report/text/printable.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, usageError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeDirOfRun } from '../command-line/store-location.ts'

/** A run to start in the background. */
export interface DetachOrder {
  /** Absolute. */
  readonly jobDir: string
  /** The arguments of the background process. */
  readonly args: readonly string[]
  readonly store: string | undefined
  readonly json: boolean
}

/** Runs a job in the background, and returns once that run has started, or with its error and exit code. */
export async function detachJob(order: DetachOrder, context: CliContext): Promise<number> {
  const { jobDir, args, json, store } = order
  const { cwd, env, stdout, stderr } = context
  const shown = displayPath(jobDir, cwd)
  const more = store === undefined ? '' : ` --store ${shellWord(store)}`
  const follow = `reprise jobs show ${shellWord(shown)} --follow${more}`
  const cancel = `reprise jobs cancel ${shellWord(shown)}${more}`
  const busy = await runnerOf(order, context)
  if (busy !== undefined) {
    const instead = `follow it with: ${follow}\nor cancel it with: ${cancel}`
    return usageError(context, 'run', `${shown} is already running (pid ${busy})\n${instead}`)
  }
  const { detachRun } = await import('../../engine/index.ts')
  const interrupt = interruptOn(process, () => {})
  const [, program = ''] = process.argv
  const end = await detachRun({
    jobDir,
    command: process.execPath,
    args: [...process.execArgv, program, ...args],
    cwd,
    env: { ...env },
    signal: interrupt.signal,
  }).finally(() => interrupt.dispose())
  switch (end.kind) {
    case 'failed':
      return reportFailure(context, 'run', end.failure)
    case 'ended':
      stderr.write(
        end.output === '' ? 'reprise run: the background process ended before the run started\n' : end.output,
      )
      return interrupt.signal.aborted ? exitCodes.interrupted : end.exitCode || exitCodes.stepFailed
    case 'taken': {
      const { pid, run, logPath } = end
      if (json) stdout.write(`${JSON.stringify({ job: jobDir, pid, run, log: logPath })}\n`)
      else {
        const lines = [
          `${shown} is running in the background (pid ${pid})`,
          `  follow it:  ${follow}`,
          `  cancel it:  ${cancel}`,
          `  log:        ${displayPath(logPath, cwd)}`,
        ]
        stdout.write(`${lines.map(printable).join('\n')}\n`)
      }
      return exitCodes.ok
    }
    default:
      return end satisfies never
  }
}

/** Returns the pid of the process that runs the job now, if one does. */
async function runnerOf({ jobDir, store }: DetachOrder, context: CliContext): Promise<number | undefined> {
  const [{ jobHolder }, { openStore }] = await Promise.all([
    import('../../engine/index.ts'),
    import('../../../store/index.ts'),
  ])
  const dir = await storeDirOfRun(jobDir, store, context)
  if (dir === undefined) return undefined
  const opened = await openStore({ dir, readOnly: true })
  if (!opened.ok) return undefined
  const holder = jobHolder(opened.value, jobDir)
  await opened.value.close()
  return holder?.pid
}
