import { statfsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { CollectionPlan, CollectionReport, PlannedEviction } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { storeLimits } from '../command-line/store-limits.ts'
import { withStore } from '../command-line/with-store.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache gc`: removes results that are too old, or too many. */
export const cacheGcCommand = command({
  name: 'cache gc',
  description: 'Removes results from the store that are too old, or too many.',
  positionals: [],
  flags: {
    'max-size': {
      kind: 'size',
      value: 'SIZE',
      description: 'How large the store may be: 10GB, 500MiB, or 0 to empty it.',
    },
    'max-age': {
      kind: 'duration',
      value: 'TIME',
      description: 'Removes results that were not used for this long: 30d, 12h.',
    },
    'min-free': { kind: 'size', value: 'SIZE', description: 'How much space must be free on the disk.' },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Shows what would be removed, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes the plan, and what was done, as one JSON object.' },
    ...storeFlags,
  },
  notes: `The least recently used results go first; results that took long to compute for their size stay longer. A removed
result is computed again when it is needed. Files in job directories are not touched.

Without a flag, the limits are REPRISE_MAX_SIZE and REPRISE_MIN_FREE, or else a tenth of the disk,
but at least 5 GB where half of the disk has that.
A run that ends over the limit removes results by itself. This command also removes files that a crash left behind.`,
  examples: [
    {
      line: 'reprise cache gc --max-size 10GB --dry-run',
      does: 'shows what would be removed, by pipeline, step and file',
    },
    { line: 'reprise cache gc --max-age 30d', does: 'removes results that were not used for 30 days' },
  ],
  async execute({ flags }, context) {
    const limits = storeLimits(context)
    if (!limits.ok) return usageError(context, 'cache gc', limits.error)
    return withStore(flags.store, { readOnly: flags['dry-run'] }, context, async (store) => {
      const { collect, defaultMaxSizeBytes, planCollection } = await import('../../../store/index.ts')
      const { 'max-size': maxSizeBytes, 'max-age': maxAgeMs, 'min-free': minFreeBytes } = flags
      const isLimited = maxSizeBytes !== undefined || maxAgeMs !== undefined || minFreeBytes !== undefined
      const byDefault = isLimited ? undefined : defaultMaxSizeBytes(store.dir)
      if (byDefault?.ok === false) return reportCacheFailure(context, 'cache gc', byDefault.error)
      const plan = planCollection(store, {
        ...(byDefault === undefined ? {} : { maxSizeBytes: byDefault.value, ...limits.value }),
        ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
        ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
        ...(minFreeBytes === undefined ? {} : { minFreeBytes }),
      })
      if (!plan.ok) return reportCacheFailure(context, 'cache gc', plan.error)
      const done = flags['dry-run'] ? undefined : await collect(store, plan.value)
      if (done?.ok === false) return reportCacheFailure(context, 'cache gc', done.error)
      const text = flags.json
        ? JSON.stringify({ plan: plan.value, ...(done === undefined ? {} : { done: done.value }) })
        : [
            ...planLines(plan.value, context.cwd),
            ...(done === undefined ? [totalOf(plan.value)] : doneLines(done.value)),
            ...(byDefault === undefined || plan.value.evictions.length > 0
              ? []
              : withinLimit(store.dir, byDefault.value)),
          ].join('\n')
      context.stdout.write(`${text}\n`)
      return exitCodes.ok
    })
  },
})

/** Returns what would be removed, a line for each action: pipeline, step, job, size, reason, time and files. */
function planLines(plan: CollectionPlan, cwd: string): readonly string[] {
  const rows = plan.evictions.map((eviction) => [
    printable(`${eviction.pipeline} ${eviction.step}`.trim()) || eviction.key.slice(0, 12),
    printable(isAbsolute(eviction.job) ? displayPath(eviction.job, cwd) : eviction.job),
    sizeText(eviction.sizeBytes),
    reasonText(eviction),
    eviction.durationMs > 0 ? `took ${durationText(eviction.durationMs)}` : '',
    printable(eviction.files.join(', ')),
  ])
  const { protectedByRuns, unneededBlobs, orphanFiles, tmpFiles, quarantined } = plan
  const litter = [unneededBlobs, orphanFiles, tmpFiles, ...(plan.emptiesQuarantine ? [quarantined] : [])]
  const litterCount = litter.reduce((sum, { count }) => sum + count, 0)
  const litterBytes = litter.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    ...columns(rows),
    ...(litterCount > 0 ? [`${countText(litterCount, 'unneeded file')} (${sizeText(litterBytes)})`] : []),
    ...(protectedByRuns.count > 0 ? [`kept ${countText(protectedByRuns.count, 'result')} that a run needs`] : []),
  ]
}

function reasonText({ reason, lastUsedMs }: PlannedEviction): string {
  switch (reason) {
    case 'corrupt':
      return 'damaged'
    case 'age':
    case 'size': {
      const used = lastUsedMs > 0 ? new Date(lastUsedMs).toISOString().slice(0, 10) : 'long ago'
      return `last used ${used}`
    }
    default:
      return reason satisfies never
  }
}

function totalOf({ evictions, kept, freesBytes, sizeBytesAfter }: CollectionPlan): string {
  const goes = `would remove ${countText(evictions.length, 'result')} and free ${sizeText(freesBytes)}`
  return `${goes}; ${countText(kept.count, 'result')} would stay (${sizeText(sizeBytesAfter)})`
}

/** Says why nothing is removed although somebody asks for room, and what would make some. */
function withinLimit(dir: string, maxSizeBytes: number): readonly string[] {
  const { bavail, blocks, bsize } = statfsSync(dir)
  if (bavail > blocks / 10) return []
  const wanted = sizeText(Math.ceil((blocks * bsize) / 5 / 1e6) * 1e6).replace(' ', '')
  return [
    `the store is within its limit of ${sizeText(maxSizeBytes)}, but only ${sizeText(bavail * bsize)} are free on its disk;`,
    `to make room by what was unused longest: reprise cache gc --min-free ${wanted}`,
  ]
}

function doneLines({ actions, freedBytes, spared }: CollectionReport): readonly string[] {
  return [
    `removed ${countText(actions, 'result')} and freed ${sizeText(freedBytes)}`,
    ...(spared > 0 ? [`kept ${countText(spared, 'result')} that a run used meanwhile`] : []),
  ]
}
