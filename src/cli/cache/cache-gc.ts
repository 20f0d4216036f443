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

/** `reprise cache gc`: removes from the store what is too old or too much. */
export const cacheGcCommand = command({
  name: 'cache gc',
  description: 'Removes from the store what was long unused, or what is too much.',
  positionals: [],
  flags: {
    'max-size': {
      kind: 'size',
      value: 'SIZE',
      description: 'What the store may occupy: 10GB, 500MiB, or 0 for nothing.',
    },
    'max-age': { kind: 'duration', value: 'TIME', description: 'How long a result may be unused: 30d, 12h.' },
    'min-free': { kind: 'size', value: 'SIZE', description: 'What the disk must have free.' },
    'dry-run': { kind: 'switch', letter: 'n', description: 'Names what would go, and removes nothing.' },
    json: { kind: 'switch', description: 'Writes the plan, and what was done, as one JSON object.' },
    ...storeFlags,
  },
  notes: `Results that were least recently used go first; those that took long to compute for their size stay longer.
Without a limit it uses those of the environment, REPRISE_MAX_SIZE and REPRISE_MIN_FREE, or else a tenth of the disk,
or 5 GB where that is more; a run that ends over its limit removes what is too much by itself. This command also
removes what crashes have left.
What goes is computed again when it is needed. Files in job directories are not touched.`,
  examples: [
    { line: 'reprise cache gc --max-size 10GB --dry-run', does: 'names what would go, by pipeline, step and file' },
    { line: 'reprise cache gc --max-age 30d', does: 'removes what was not used for a month' },
    { line: 'reprise cache gc --max-size 0', does: 'empties the store' },
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
          ].join('\n')
      context.stdout.write(`${text}\n`)
      return exitCodes.ok
    })
  },
})

/** Returns what would go, a line for each action: pipeline, step, job and files, why, how large, and what it took. */
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
    ...(litterCount > 0 ? [`${countText(litterCount, 'file')} that nothing needs (${sizeText(litterBytes)})`] : []),
    ...(protectedByRuns.count > 0
      ? [`${countText(protectedByRuns.count, 'result')} stay, because a run needs them`]
      : []),
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

function doneLines({ actions, freedBytes, spared }: CollectionReport): readonly string[] {
  return [
    `removed ${countText(actions, 'result')} and freed ${sizeText(freedBytes)}`,
    ...(spared > 0 ? [`${countText(spared, 'result')} stayed, because it was used meanwhile`] : []),
  ]
}
