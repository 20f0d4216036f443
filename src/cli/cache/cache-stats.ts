import type { StepStats, StoreStats } from '../../../store/index.ts'
import { exitCodes, nameInId } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { storeLimits } from '../command-line/store-limits.ts'
import { withStore } from '../command-line/with-store.ts'
import { reportCacheFailure } from './cache-failure.ts'

const shownDays = 7

/** `reprise cache stats`: shows what the store holds and what it saved. */
export const cacheStatsCommand = command({
  name: 'cache stats',
  description: 'Shows what the store holds, for which steps, and how much time it saved.',
  positionals: [],
  flags: {
    json: { kind: 'switch', description: 'Writes all numbers as one JSON object.' },
    ...storeFlags,
  },
  examples: [{ line: 'reprise cache stats', does: 'shows size, hits and saved time of each step' }],
  async execute({ flags }, context) {
    const limits = storeLimits(context)
    if (!limits.ok) return usageError(context, 'cache stats', limits.error)
    return withStore(flags.store, { readOnly: true }, context, async (store) => {
      const { storeStats } = await import('../../../store/index.ts')
      const stats = storeStats(store)
      if (!stats.ok) return reportCacheFailure(context, 'cache stats', stats.error)
      const { maxSizeBytes = stats.value.maxSizeBytes } = limits.value
      const limited = { ...stats.value, maxSizeBytes }
      const text = flags.json ? JSON.stringify(limited) : statsLines(limited).join('\n')
      context.stdout.write(`${text}\n`)
      return exitCodes.ok
    })
  },
})

function hitText(hits: number, lookups: number): string {
  const percent = lookups === 0 ? '' : ` (${Math.floor((100 * hits) / lookups)}%)`
  return `${countText(hits, 'hit')} of ${countText(lookups, 'look-up')}${percent}`
}

interface StageRow extends StepStats {
  readonly items: number
}

/** Returns a row a step of each pipeline, with the items of a fan-out in one; pipelines and steps by size. */
export function byStage(steps: readonly StepStats[]): readonly StageRow[] {
  const rows = new Map<string, StageRow>()
  const bytesOf = new Map<string, number>()
  for (const step of steps) {
    const name = `${step.pipeline}\0${nameInId(step.step)}`
    const row = rows.get(name)
    rows.set(name, row === undefined ? { ...step, items: 1 } : sumOf(row, step))
    bytesOf.set(step.pipeline, (bytesOf.get(step.pipeline) ?? 0) + step.bytes)
  }
  const sizeOf = ({ pipeline }: StageRow) => bytesOf.get(pipeline) ?? 0
  return [...rows.values()].sort(
    (a, b) => sizeOf(b) - sizeOf(a) || (a.pipeline < b.pipeline ? -1 : a.pipeline > b.pipeline ? 1 : b.bytes - a.bytes),
  )
}

function sumOf(row: StageRow, { actions, bytes, hits, savedMs }: StepStats): StageRow {
  return {
    ...row,
    items: row.items + 1,
    actions: row.actions + actions,
    bytes: row.bytes + bytes,
    hits: row.hits + hits,
    savedMs: row.savedMs + savedMs,
  }
}

/** Returns what a store holds as lines: the whole, then each step. */
export function statsLines(stats: StoreStats): readonly string[] {
  const { inline, outOfLine, index, disk, days } = stats
  const recent = days.slice(-shownDays)
  const sum = (of: (day: (typeof days)[number]) => number) => recent.reduce((total, day) => total + of(day), 0)
  const hits = sum((day) => day.hits)
  const head = [
    ['store', printable(stats.dir)],
    ['holds', `${countText(stats.actions, 'result')} of ${countText(stats.jobs, 'job')}`],
    ['size', `${sizeText(inline.bytes + outOfLine.bytes)}, in ${countText(outOfLine.count, 'file')} and the index`],
    ['index', `${sizeText(index.fileBytes)}, ${sizeText(index.freeBytes)} of it free`],
    ['limit', `${sizeText(stats.maxSizeBytes)}, kept by runs and 'reprise cache gc'`],
    ['disk', `${sizeText(disk.freeBytes)} free of ${sizeText(disk.totalBytes)}`],
    [
      `last ${recent.length === 1 ? 'day' : `${recent.length} days`}`,
      `${hitText(hits, hits + sum((day) => day.misses))}, saved ${durationText(sum((day) => day.savedMs))}`,
    ],
  ]
  const rows = byStage(stats.steps).map(({ pipeline, step, items, actions, bytes, hits, savedMs }) => [
    printable(pipeline),
    printable(items === 1 ? step : `${nameInId(step)}/* (${items} items)`),
    String(actions),
    sizeText(bytes),
    String(hits),
    durationText(savedMs),
  ])
  const shown = recent.length === 0 ? head.slice(0, -1) : head
  const table = [['PIPELINE', 'STEP', 'RESULTS', 'SIZE', 'HITS', 'SAVED'], ...rows]
  return [...columns(shown), ...(rows.length === 0 ? [] : ['', ...columns(table)])]
}
