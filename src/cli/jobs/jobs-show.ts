import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Event, exitCodes, type JobStatus } from '../../core/index.ts'
import { jsonLines } from '../../report/json-lines.ts'
import { statusTable } from '../../report/terminal/status-table.ts'
import { printable } from '../../report/text/printable.ts'
import { shellWord } from '../../report/text/shell-word.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { openReporting, type ReportingOptions } from '../run/reporting.ts'
import { type JobReport, readJobReport } from './jobs-status.ts'

/** `reprise jobs show`: shows how far a job is, or follows its run. */
export const jobsShowCommand = command({
  name: 'jobs show',
  description: 'Shows a job, or follows its run until it ends.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    follow: { kind: 'switch', letter: 'F', description: 'Shows the run from its beginning, and what happens next.' },
    json: { kind: 'switch', description: 'Writes the status as one JSON object, or with --follow every event.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: `With --follow the exit code is that of the run: 0 completed, 1 failed or interrupted, 130 cancelled. Of a job that
is not running the last run is shown. Ctrl-C ends the following and not the run.`,
  examples: [
    { line: 'reprise jobs show ./subtitles-talk', does: 'shows each step, what is left, and who runs it' },
    { line: 'reprise jobs show ./subtitles-talk --follow', does: 'waits for a run in the background and shows it' },
    { line: 'reprise jobs show ./subtitles-talk --follow --json', does: 'gives its events to a script' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, env, stdout } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const report = await readJobReport(jobDir, flags, context)
    if (!report.ok) return reportFailure(context, 'jobs show', report.error)
    if (flags.follow) return follow(jobDir, flags, context)
    const { status, holder } = report.value
    const log = join(jobDir, 'run.log')
    if (flags.json) {
      stdout.write(`${JSON.stringify({ ...status, ...(holder === undefined ? {} : { pid: holder.pid }) })}\n`)
      return exitCodes.ok
    }
    const showPath = (path: string) => displayPath(path, cwd)
    const lines = statusTable(status, { style: styleFor(stdout.isTerminal, env), showPath })
    const more = [
      ...runnerLines(report.value, showPath),
      ...(existsSync(log) ? [`its output: ${printable(showPath(log))}`] : []),
    ]
    stdout.write(`${[...lines, ...more].join('\n')}\n`)
    return exitCodes.ok
  },
})

function runnerLines({ status, holder }: JobReport, showPath: (path: string) => string): readonly string[] {
  if (holder === undefined) return []
  const job = printable(shellWord(showPath(status.jobDir)))
  return [`run by pid ${holder.pid}; end it with 'reprise jobs cancel ${job}'`]
}

/** The logs of steps are not followed: the run's own output names them. */
const reporting: ReportingOptions = { level: 'info', isLive: true, logPath: () => undefined }

interface FollowFlags {
  readonly store: string | undefined
  readonly json: boolean
}

async function follow(jobDir: string, { store: storeFlag, json }: FollowFlags, context: CliContext): Promise<number> {
  const storePath = await storeDirOfJob(jobDir, storeFlag, context)
  return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
    const { followRun } = await import('../../engine/index.ts')
    const toJson = json ? jsonLines(context.stdout.write) : undefined
    const reporter = json ? undefined : openReporting(reporting, context).reporter
    const interrupt = interruptOn(process, () => {})
    try {
      const state = await followRun(jobDir, {
        store,
        signal: interrupt.signal,
        onEvent: async (event: Event) => {
          await toJson?.(event)
          await reporter?.listener(event)
        },
      })
      reporter?.close()
      reportEnd(state, jobDir, context)
      return exitCodeOfState(state)
    } finally {
      reporter?.close()
      interrupt.dispose()
    }
  })
}

function reportEnd(state: JobStatus['state'], jobDir: string, { cwd, stderr }: CliContext): void {
  const shown = printable(displayPath(jobDir, cwd))
  const goOn = `'reprise run --job ${printable(shellWord(displayPath(jobDir, cwd)))}' goes on from here`
  switch (state) {
    case 'running':
      stderr.write(`${shown} is still running\n`)
      break
    case 'interrupted':
      stderr.write(`${shown} was interrupted: its process is gone; ${goOn}\n`)
      break
    case 'never-run':
      stderr.write(`${shown} has not been run\n`)
      break
    case 'completed':
      stderr.write(`${shown} is completed\n`)
      break
    case 'failed':
    case 'cancelled':
      stderr.write(`${shown} ${state === 'failed' ? 'has failed; once mended,' : 'was cancelled;'} ${goOn}\n`)
      break
    default:
      state satisfies never
  }
}

function exitCodeOfState(state: JobStatus['state']): number {
  switch (state) {
    case 'completed':
    case 'never-run':
      return exitCodes.ok
    case 'failed':
    case 'interrupted':
      return exitCodes.stepFailed
    case 'cancelled':
    case 'running':
      return exitCodes.interrupted
    default:
      return state satisfies never
  }
}
