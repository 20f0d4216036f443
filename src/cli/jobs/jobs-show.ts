import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Event, exitCodes, type JobStatus } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { jsonLines } from '../../report/json-lines.ts'
import { printable } from '../../report/text/printable.ts'
import { resumeHint } from '../../report/text/resume-hint.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { openReporting, type ReportingOptions } from '../run/reporting.ts'
import { type JobReport, readJobReport, statusLines } from './jobs-status.ts'

/** `reprise jobs show`: shows the state of a job, or follows its run. */
export const jobsShowCommand = command({
  name: 'jobs show',
  description: 'Shows the state of a job, or follows its run until it ends.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    follow: { kind: 'switch', letter: 'F', description: 'Shows the run from its start, and goes on until it ends.' },
    json: { kind: 'switch', description: 'Writes the status as one JSON object; with --follow, every event.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: `With --follow, the exit code is that of the run: 0 completed, 1 failed or interrupted, 130 cancelled. If the job is
not running, its last run is shown. Ctrl-C stops following; the run continues.`,
  examples: [
    { line: 'reprise jobs show ./subtitles-talk', does: 'shows each step, what is left, and the process that runs it' },
    { line: 'reprise jobs show ./subtitles-talk --follow', does: 'shows a run in the background until it ends' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
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
    const lines = statusLines(status, context)
    const more = [
      ...runnerLines(report.value, showPath),
      ...(existsSync(log) ? [`log: ${printable(showPath(log))}`] : []),
    ]
    stdout.write(`${[...lines, ...more].join('\n')}\n`)
    return exitCodes.ok
  },
})

function runnerLines({ status, holder }: JobReport, showPath: (path: string) => string): readonly string[] {
  if (holder === undefined) return []
  const job = printable(shellWord(showPath(status.jobDir)))
  return [`running as pid ${holder.pid}; cancel it with: reprise jobs cancel ${job}`]
}

/** The logs of steps are left out: the output of the run itself names them. */
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
  const resume = resumeHint(displayPath(jobDir, cwd))
  switch (state) {
    case 'running':
      stderr.write(`${shown} is still running\n`)
      break
    case 'interrupted':
      stderr.write(`${shown} was interrupted, because its process is gone; ${resume}\n`)
      break
    case 'never-run':
      stderr.write(`${shown} has not run yet\n`)
      break
    case 'completed':
      stderr.write(`${shown} completed\n`)
      break
    case 'failed':
    case 'cancelled':
      stderr.write(`${shown} ${state === 'failed' ? 'failed; fix the problem, then' : 'was cancelled;'} ${resume}\n`)
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
