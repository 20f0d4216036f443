import { resolve } from 'node:path'
import type { ForgetReport, ForgetSource } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { withStore } from '../command-line/with-store.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache forget`: removes every result that was computed from a file. */
export const cacheForgetCommand = command({
  name: 'cache forget',
  description: 'Removes every result from the store that was computed from a file.',
  positionals: [],
  flags: {
    source: {
      kind: 'text',
      value: 'FILE',
      description: 'The file, the directory that was an input, or a digest as b3:HEX; required.',
    },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Shows what would be removed, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes what was removed and what was kept as one JSON object.' },
    ...storeFlags,
  },
  notes: `The file itself and the job directories are not touched. If the content of the file has changed since, give its old
digest, which is in the manifest.json of a job. If a directory was the input, give the directory. Small results are
in the file of the index, which is made anew without them.`,
  examples: [
    {
      line: 'reprise cache forget --source talk.mp4 --dry-run',
      does: 'lists every result that was computed from a recording',
    },
    { line: 'reprise cache forget --source talk.mp4', does: 'removes them' },
  ],
  async execute({ flags }, context) {
    const { cwd, stdout } = context
    if (flags.source === undefined) {
      return usageError(context, 'cache forget', '--source FILE is required: reprise cache forget --source FILE')
    }
    const source = sourceOf(flags.source, cwd)
    const dryRun = flags['dry-run']
    return withStore(flags.store, {}, context, async (store) => {
      const { forgetSource } = await import('../../../store/index.ts')
      const forgotten = await forgetSource(store, source, { dryRun })
      if (!forgotten.ok) return reportCacheFailure(context, 'cache forget', forgotten.error)
      const report = forgotten.value
      stdout.write(
        `${flags.json ? JSON.stringify({ dryRun, ...report }) : forgetLines(report, dryRun, cwd).join('\n')}\n`,
      )
      for (const job of report.running) {
        const message = `a run is using ${displayPath(job, cwd)}; forget again after it ends`
        writeError(context, 'cache forget', message)
      }
      if (report.notBlanked !== undefined) {
        const message = `bytes of what was removed may still be in the file of the index: ${report.notBlanked}; forget again later`
        writeError(context, 'cache forget', message)
      }
      return exitCodes.ok
    })
  },
})

function sourceOf(text: string, cwd: string): ForgetSource {
  const hash = /^b3:([0-9a-f]{64})$/.exec(text)?.[1]
  return hash === undefined ? { path: resolve(cwd, text) } : { hash }
}

function forgetLines(
  { actions, blobs, bytes, kept, jobs }: ForgetReport,
  dryRun: boolean,
  cwd: string,
): readonly string[] {
  if (actions.length === 0 && blobs === 0) return ['nothing in the store was computed from it']
  const rows = actions.map(({ pipeline, step, files, bytes: size, job, presumed }) => [
    printable(pipeline),
    printable(step),
    printable(files.join(', ')),
    sizeText(size),
    printable(displayPath(job, cwd)),
    presumed ? 'probably: the result of an earlier step is gone' : '',
  ])
  const stays = kept.flatMap(({ hash, sizeBytes, neededBy }) =>
    neededBy
      .slice(0, 1)
      .map(({ pipeline, step, file, job }) => [
        `b3:${hash.slice(0, 12)}`,
        sizeText(sizeBytes),
        `${printable(`${pipeline} ${step}: ${file}`)} in ${printable(displayPath(job, cwd))}${neededBy.length > 1 ? `, and ${neededBy.length - 1} more` : ''}`,
      ]),
  )
  return [
    `${dryRun ? 'would remove' : 'removed'} ${countText(actions.length, 'action')} and ${countText(blobs, 'blob')} (${sizeText(bytes)})`,
    ...columns(rows, '  '),
    ...(stays.length === 0 ? [] : ['kept, because results computed from other inputs have the same bytes:']),
    ...columns(stays, '  '),
    ...(jobs.length === 0 ? [] : ['not touched, because they are outside the store: files in']),
    ...jobs.map((job) => `  ${printable(displayPath(job, cwd))}`),
  ]
}
