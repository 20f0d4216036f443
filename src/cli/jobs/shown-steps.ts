import type { Result } from '../../../store/index.ts'
import { isMeant, nameInId, type StepStatus, unknownName } from '../../core/index.ts'

/** Which steps of a job are shown. */
export interface StepFilter {
  readonly failed: boolean
  /** Names of steps, or ids of items. */
  readonly steps: readonly string[]
}

/** So many items of a fan-out are shown one by one. */
const itemsMax = 6

/** Returns the steps that a filter lets through, or which name it does not know. */
export function filterSteps(
  all: readonly StepStatus[],
  { failed, steps }: StepFilter,
): Result<readonly StepStatus[], string> {
  const unknown = steps.find((name) => !all.some(({ step }) => isMeant(name, step)))
  if (unknown !== undefined) {
    const names = [...new Set(all.map(({ step }) => nameInId(step)))]
    return { ok: false, error: unknownName('step', unknown, names) }
  }
  const shown = all.filter(({ step }) => steps.length === 0 || steps.some((name) => isMeant(name, step)))
  return { ok: true, value: failed ? shown.filter(({ state }) => state === 'failed') : shown }
}

/** Returns the steps in the same order, a row for all items of a long fan-out; those that need a look follow it. */
export function groupItems(steps: readonly StepStatus[]): readonly StepStatus[] {
  const items = new Map<string, StepStatus[]>()
  for (const status of steps) {
    const name = nameInId(status.step)
    if (name === status.step) continue
    const others = items.get(name)
    if (others === undefined) items.set(name, [status])
    else others.push(status)
  }
  const grouped = new Set<string>()
  return steps.flatMap((status) => {
    const name = nameInId(status.step)
    const list = items.get(name) ?? []
    if (name === status.step || list.length <= itemsMax) return [status]
    if (grouped.has(name)) return []
    grouped.add(name)
    const unfinished = list.filter(({ state }) => state === 'failed' || state === 'running' || state === 'interrupted')
    return [groupOf(name, list), ...unfinished]
  })
}

/** The first state that an item has is that of the group. */
const states: readonly StepStatus['state'][] = ['failed', 'running', 'interrupted', 'not-yet', 'done', 'skipped']

function groupOf(name: string, items: readonly StepStatus[]): StepStatus {
  const counts = states.flatMap((state) => {
    const count = items.filter((item) => item.state === state).length
    return count === 0 ? [] : [{ state, count }]
  })
  const sum = (of: (item: StepStatus) => number | undefined) =>
    items.reduce((total, item) => total + (of(item) ?? 0), 0)
  const peak = Math.max(...items.map(({ peakRssBytes = 0 }) => peakRssBytes))
  const said = counts.map(({ state, count }) => `${count} ${state === 'not-yet' ? 'not yet' : state}`).join(', ')
  const isHit = items.every(({ cache }) => cache === 'hit')
  return {
    step: `${name}/*`,
    state: counts[0]?.state ?? 'not-yet',
    ...(isHit ? { cache: 'hit' as const } : {}),
    ...(items.some(({ durationMs }) => durationMs !== undefined) ? { durationMs: sum((item) => item.durationMs) } : {}),
    ...(items.some(({ cpuTimeMs }) => cpuTimeMs !== undefined) ? { cpuTimeMs: sum((item) => item.cpuTimeMs) } : {}),
    ...(peak === 0 ? {} : { peakRssBytes: peak }),
    message: `${items.length} items: ${said}`,
  }
}
