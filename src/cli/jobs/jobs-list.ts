import { statSync } from 'node:fs'
import { exitCodes } from '../../core/index.ts'
import type { JobEntry, JobList } from '../../engine/index.ts'
import { countText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { storeDir } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'

const states = ['running', 'completed', 'failed', 'cancelled', 'interrupted', 'never-run'] as const

/** `reprise jobs list`: lists the jobs that have used a store. */
export const jobsListCommand = command({
  name: 'jobs list',
  description: 'Lists the jobs that use a store, wherever their directories are.',
  positionals: [],
  flags: {
    status: {
      kind: 'choice',
      choices: states,
      value: 'STATE',
      description: `Only jobs in this state: ${states.join(', ')}.`,
    },
    json: { kind: 'switch', description: 'Writes one JSON object per job.' },
    ...storeFlags,
  },
  notes: `A job is interrupted if its process died before the run ended; resume it with 'reprise run --job DIR'.`,
  examples: [
    { line: 'reprise jobs list', does: 'shows every job, running ones first' },
    { line: 'reprise jobs list --status interrupted --json', does: 'gives the jobs to resume to a script' },
  ],
  async execute({ flags }, context) {
    const storePath = await storeDir(flags.store, context)
    if (storePath !== undefined && isAbsent(storePath)) {
      // Nothing has run yet, which is not a failure.
      if (!flags.json) context.stdout.write('no jobs\n')
      return exitCodes.ok
    }
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const { listJobs } = await import('../../engine/index.ts')
      const found = listJobs(store)
      const jobs = found.jobs.filter(({ state }) => flags.status === undefined || state === flags.status)
      const { stdout } = context
      if (flags.json) for (const job of jobs) stdout.write(`${JSON.stringify(job)}\n`)
      else stdout.write(`${listLines({ ...found, jobs }, flags.status, context).join('\n')}\n`)
      return exitCodes.ok
    })
  },
})

/** A store without permission to look at it exists; opening it says what is wrong. */
function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

function listLines(
  { jobs, gone }: JobList,
  status: string | undefined,
  { cwd, env, stdout }: CliContext,
): readonly string[] {
  const style = styleFor(stdout.isTerminal, env)
  const lost =
    gone.length === 0 || status !== undefined
      ? []
      : [
          `${countText(gone.length, 'job')} more, whose directories no longer exist; their results are still in the store`,
        ]
  if (jobs.length === 0) return [status === undefined ? 'no jobs' : `no jobs are ${status}`, ...lost]
  const rows = jobs.map((job) => jobRow(job, cwd))
  const [head = '', ...lines] = columns([['STATE', 'JOB', 'PIPELINE', 'RUNS', 'LAST ACTIVE', ''], ...rows])
  return [style('bold', head), ...lines, ...lost]
}

function jobRow({ state, jobDir, pipeline, runs, activeAt, pid, problem }: JobEntry, cwd: string): readonly string[] {
  return [
    state === 'never-run' ? 'never run' : state,
    printable(displayPath(jobDir, cwd)),
    printable(pipeline),
    String(state === 'running' || state === 'interrupted' ? runs + 1 : runs),
    activeAt ?? '',
    [...(pid === undefined ? [] : [`pid ${pid}`]), ...(problem === undefined ? [] : [printable(problem)])].join('; '),
  ]
}
