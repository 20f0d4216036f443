import { resolve } from 'node:path'
import type { DirectoryStore, ExportSelection, ExportSummary, Result } from '../../../store/index.ts'
import { exitCodes, nearestName } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { byteProgress } from './byte-progress.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache export`: writes the results of a job or a pipeline to one file. */
export const cacheExportCommand = command({
  name: 'cache export',
  description: 'Writes the results of a job or a pipeline to one file, for another machine.',
  positionals: [{ name: 'what', description: 'A job directory, or the name of a pipeline.', required: true }],
  flags: {
    output: {
      kind: 'text',
      letter: 'o',
      value: 'FILE',
      description: 'The file to write; required. It is written completely or not at all.',
    },
    json: { kind: 'switch', description: 'Writes what was exported as one JSON object.' },
    ...jobStoreFlags,
  },
  notes: `The file is a tar archive: 'tar -tvf FILE' lists it, and b3sum verifies the unpacked files. For a job, it holds the
results that the job used last. It does not hold inputs.`,
  examples: [
    { line: 'reprise cache export ./subtitles-talk -o talk.tar', does: 'packs the results of a job' },
    { line: 'reprise cache export subtitles -o subtitles.tar', does: 'packs the results of a pipeline, of all jobs' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const [what = ''] = positionals
    const { output } = flags
    if (output === undefined) {
      return usageError(context, 'cache export', `-o FILE is required: reprise cache export ${shellWord(what)} -o FILE`)
    }
    const storePath = await storeDirOfJob(resolve(cwd, what), flags.store, context)
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const selection = select(store, what, cwd)
      if (!selection.ok) return usageError(context, 'cache export', selection.error)
      const { exportActions } = await import('../../../store/index.ts')
      const progress = byteProgress('exporting', context)
      const interrupt = interruptOn(process, () => {})
      const path = resolve(cwd, output)
      const options = { onProgress: progress.show, signal: interrupt.signal }
      const exported = await exportActions(store, selection.value, path, options).finally(() => {
        interrupt.dispose()
        progress.end()
      })
      if (!exported.ok) return reportCacheFailure(context, 'cache export', exported.error)
      const lines = exportLines(exported.value, displayPath(path, cwd))
      stdout.write(`${flags.json ? JSON.stringify({ file: path, ...exported.value }) : lines.join('\n')}\n`)
      return exitCodes.ok
    })
  },
})

/** A job wins over a pipeline of the same name, because the user typed a path. */
function select(store: DirectoryStore, what: string, cwd: string): Result<ExportSelection, string> {
  const job = resolve(cwd, what)
  const jobs = store.ledger.jobs.list()
  if (jobs.some((known) => known.job === job)) return { ok: true, value: { job } }
  const pipelines = new Set(jobs.map(({ pipeline }) => pipeline))
  for (const { record } of store.actionTable.entries()) {
    if (record === 'corrupt') continue
    if (record.labels.job === job) return { ok: true, value: { job } }
    pipelines.add(record.labels.pipeline)
  }
  if (pipelines.has(what)) return { ok: true, value: { pipeline: what } }
  const near = nearestName(what, [...pipelines])
  const hint = near === undefined ? '' : `: did you mean the pipeline '${near}'?`
  return { ok: false, error: `the store has no results of a job in ${job}, nor of a pipeline '${what}'${hint}` }
}

function exportLines({ actions, blobs, bytes, leftOut }: ExportSummary, file: string): readonly string[] {
  const head = `${countText(actions, 'action')} with ${countText(blobs, 'blob')} (${sizeText(bytes)}) written to ${printable(file)}`
  if (leftOut.length === 0) return [head]
  const rows = leftOut.map(({ pipeline, step, why }) => [printable(pipeline), printable(step), why])
  return [head, 'left out, so a run on the other machine computes them:', ...columns(rows, '  ')]
}
