import { exitCodes } from '../../core/index.ts'
import type { PruneReport } from '../../engine/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { withStore } from '../command-line/with-store.ts'

/** `reprise jobs prune`: removes the directories of old jobs. */
export const jobsPruneCommand = command({
  name: 'jobs prune',
  description: 'Removes the directories of jobs that have not run for a long time.',
  positionals: [],
  flags: {
    'older-than': {
      kind: 'duration',
      value: 'TIME',
      description: 'Jobs whose last run ended at least this long ago: 30d, 12h; required.',
    },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Shows what would be removed, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes what was removed and what was kept as one JSON object.' },
    ...storeFlags,
  },
  notes: `The store keeps the results: running the job again restores them without computing anything, until 'reprise cache gc'
removes them. Only files that Reprise wrote are removed; your own files, and outputs that you changed, are kept and
listed. A running job is never touched.`,
  examples: [
    {
      line: 'reprise jobs prune --older-than 30d --dry-run',
      does: 'shows the jobs, and how much space they take',
    },
    { line: 'reprise jobs prune --older-than 30d', does: 'removes them' },
  ],
  async execute({ flags }, context) {
    const { cwd, stdout } = context
    const olderThanMs = flags['older-than']
    const dryRun = flags['dry-run']
    if (olderThanMs === undefined) {
      return usageError(context, 'jobs prune', '--older-than is required; for example: --older-than 30d')
    }
    return withStore(flags.store, { readOnly: dryRun }, context, async (store) => {
      if (store.readOnly && !dryRun) {
        const message = `the store ${store.dir} is read-only, so this command cannot keep runs from starting meanwhile; run it as the owner of the store`
        writeError(context, 'jobs prune', message)
        return exitCodes.storeUnusable
      }
      const { pruneJobs } = await import('../../engine/index.ts')
      const report = await pruneJobs(store, { olderThanMs, dryRun })
      if (flags.json) stdout.write(`${JSON.stringify({ dryRun, ...report })}\n`)
      else stdout.write(`${reportLines(report, dryRun, cwd).join('\n')}\n`)
      return exitCodes.ok
    })
  },
})

function reportLines({ pruned, skipped, forgotten }: PruneReport, dryRun: boolean, cwd: string): readonly string[] {
  const show = (path: string) => printable(displayPath(path, cwd))
  const verb = dryRun ? 'would remove' : 'removed'
  const lines = pruned.flatMap(({ jobDir, pipeline, removedBytes, kept }) => [
    `${verb} ${show(jobDir)} (${printable(pipeline)}, ${sizeText(removedBytes)})`,
    ...kept.map(({ path, why }) => `  kept ${printable(path)}: ${printable(why)}`),
  ])
  const bytes = pruned.reduce((sum, job) => sum + job.removedBytes, 0)
  return [
    ...lines,
    ...skipped.map(({ jobDir, why }) => `kept ${show(jobDir)}: ${printable(why)}`),
    ...forgotten.map((jobDir) => `${dryRun ? 'would forget' : 'forgot'} ${show(jobDir)}: it no longer contains a job`),
    pruned.length === 0 ? 'no jobs are that old' : `${verb} ${countText(pruned.length, 'job')}, ${sizeText(bytes)}`,
  ]
}
