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

/** `reprise cache forget`: removes every derivative of a recording from the store. */
export const cacheForgetCommand = command({
  name: 'cache forget',
  description: 'Removes everything from the store that was made of a file.',
  positionals: [],
  flags: {
    source: {
      kind: 'text',
      value: 'FILE',
      description: 'The recording: a file, the folder that was an input, or its digest as b3:HEX.',
    },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Says what would be removed, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes what was removed and what was kept as one JSON object.' },
    ...storeFlags,
  },
  notes: `The file itself and the job directories are not touched. A file whose content was changed since is another
file: name it by its digest, which a job's manifest.json holds. Of a folder that was one input, name the folder.
Small results were kept in the index, whose free pages hold their bytes until they are used again.`,
  examples: [
    {
      line: 'reprise cache forget --source talk.mp4 --dry-run',
      does: 'lists every result that was made of a recording',
    },
    { line: 'reprise cache forget --source talk.mp4', does: 'removes them' },
  ],
  async execute({ flags }, context) {
    const { cwd, stdout } = context
    if (flags.source === undefined) {
      return usageError(context, 'cache forget', '--source is missing: reprise cache forget --source FILE')
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
        const message = `a run goes on in ${displayPath(job, cwd)}: forget again once it has ended`
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
  if (actions.length === 0 && blobs === 0) return ['nothing in the store was made of it']
  const rows = actions.map(({ pipeline, step, files, bytes: size, job, presumed }) => [
    printable(pipeline),
    printable(step),
    printable(files.join(', ')),
    sizeText(size),
    printable(displayPath(job, cwd)),
    presumed ? 'presumably: the result of a step before it is gone' : '',
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
    ...(stays.length === 0 ? [] : ['kept, because results that were made of something else have the same bytes:']),
    ...columns(stays, '  '),
    ...(jobs.length === 0 ? [] : ['not touched, because they are not in the store: what lies in']),
    ...jobs.map((job) => `  ${printable(displayPath(job, cwd))}`),
  ]
}
