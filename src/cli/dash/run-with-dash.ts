import type { CliContext } from '../command-line/cli-context.ts'
import { writeError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeDirOfRun } from '../command-line/store-location.ts'
import { openDash } from './open-dash.ts'

interface ShownRun {
  /** Absolute. */
  readonly jobDir: string
  readonly storeFlag: string | undefined
}

/**
 * Runs a job while its page shows it. In a terminal, the dashboard stays until Ctrl-C, so that the run can be looked at,
 * and gone on with, when it has ended. A dashboard that cannot be opened keeps no run from running.
 */
export async function runWithDash(
  { jobDir, storeFlag }: ShownRun,
  context: CliContext,
  run: () => Promise<number>,
): Promise<number> {
  const store = await storeDirOfRun(jobDir, storeFlag, context)
  // Without a place for a store, the run says so.
  if (store === undefined) return run()
  const opened = await openDash({ store, storeFlag, opens: true, jobDir, output: context.stderr }, context)
  if (!opened.ok) {
    writeError(context, 'run', opened.error)
    return run()
  }
  let isOver = false
  const leave = () => {
    isOver = true
  }
  process.once('SIGINT', leave)
  try {
    const exitCode = await run()
    if (!isOver && context.stderr.isTerminal) await untilInterrupted(context)
    return exitCode
  } finally {
    process.off('SIGINT', leave)
    await opened.value.close()
  }
}

async function untilInterrupted({ stderr }: CliContext): Promise<void> {
  stderr.write('the dashboard stays open; Ctrl-C ends it\n')
  const interrupt = interruptOn(process, () => {})
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }))
  interrupt.dispose()
}
