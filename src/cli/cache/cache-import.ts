import { resolve } from 'node:path'
import type { ImportSummary } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { withStore } from '../command-line/with-store.ts'
import { byteProgress } from './byte-progress.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache import`: adds the results of an archive to the store. */
export const cacheImportCommand = command({
  name: 'cache import',
  description: 'Adds the results of an exported file to the store.',
  positionals: [{ name: 'file', description: "A file that 'reprise cache export' wrote.", required: true }],
  flags: {
    json: { kind: 'switch', description: 'Writes what was imported as one JSON object.' },
    ...storeFlags,
  },
  notes: `Every byte is verified before anything is imported; a damaged file changes nothing. This cannot show that the results
were computed honestly, so import only files from people you trust.`,
  examples: [{ line: 'reprise cache import talk.tar', does: 'makes the results of another machine cache hits here' }],
  execute: ({ flags, positionals }, context) =>
    withStore(flags.store, {}, context, async (store) => {
      const { importArchive } = await import('../../../store/index.ts')
      const progress = byteProgress('importing', context)
      const interrupt = interruptOn(process, () => {})
      const options = { onProgress: progress.show, signal: interrupt.signal }
      const path = resolve(context.cwd, positionals[0] ?? '')
      const imported = await importArchive(store, path, options).finally(() => {
        interrupt.dispose()
        progress.end()
      })
      if (!imported.ok) return reportCacheFailure(context, 'cache import', imported.error)
      const text = flags.json ? JSON.stringify(imported.value) : importLines(imported.value).join('\n')
      context.stdout.write(`${text}\n`)
      return exitCodes.ok
    }),
})

function importLines({ actions, present, blobs, bytes, added }: ImportSummary): readonly string[] {
  const there = present === 0 ? '' : `; ${countText(present, 'action')} already present`
  const rows = added.map(({ pipeline, step, files }) =>
    [pipeline, step, Object.values(files).join(', ')].map(printable),
  )
  return [
    `${countText(actions, 'action')} with ${countText(blobs, 'blob')} (${sizeText(bytes)}) imported${there}`,
    ...columns(rows, '  '),
  ]
}
