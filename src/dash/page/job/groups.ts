import type { JobAnswer, StepRow, StepState } from '../../api/messages.ts'

/** The steps of one name: one step, or all items of a fan-out. Only groups are drawn, never single items. */
export interface Group {
  readonly name: string
  readonly rows: readonly StepRow[]
  readonly counts: Readonly<Record<StepState | 'hit', number>>
  readonly column: number
  readonly row: number
  readonly needs: readonly string[]
}

export function nameOf(id: string): string {
  const slash = id.indexOf('/')
  return slash === -1 ? id : id.slice(0, slash)
}

/** Puts groups into columns by their longest way from the start, and orders each column by what it reads. */
export function layOut({ steps, needs }: Pick<JobAnswer, 'steps' | 'needs'>): readonly Group[] {
  const rows = new Map<string, StepRow[]>()
  for (const step of steps) {
    const name = nameOf(step.id)
    const list = rows.get(name)
    if (list === undefined) rows.set(name, [step])
    else list.push(step)
  }
  const columns = new Map<string, number>()
  const columnOf = (name: string, above: ReadonlySet<string>): number => {
    const known = columns.get(name)
    if (known !== undefined) return known
    if (above.has(name)) return 0
    const way = new Set([...above, name])
    const before = needsOf(name).map((other) => columnOf(other, way))
    const column = before.length === 0 ? 0 : Math.max(...before) + 1
    columns.set(name, column)
    return column
  }
  const needsOf = (name: string) => (needs[name] ?? []).filter((other) => other !== name && rows.has(other))
  const placed = new Map<number, string[]>()
  for (const name of rows.keys()) {
    const column = columnOf(name, new Set())
    placed.set(column, [...(placed.get(column) ?? []), name])
  }
  const places = new Map<string, number>()
  for (const column of [...placed.keys()].sort((a, b) => a - b)) {
    const names = placed.get(column) ?? []
    const weight = new Map(
      names.map((name, index) => [
        name,
        mean(
          needsOf(name).map((other) => places.get(other) ?? 0),
          index,
        ),
      ]),
    )
    names.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0))
    for (const [index, name] of names.entries()) places.set(name, index)
  }
  return [...rows].map(([name, list]) => ({
    name,
    rows: list,
    counts: countsOf(list),
    column: columns.get(name) ?? 0,
    row: places.get(name) ?? 0,
    needs: needsOf(name),
  }))
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length
}

function countsOf(rows: readonly StepRow[]): Group['counts'] {
  const counts = { done: 0, running: 0, failed: 0, skipped: 0, interrupted: 0, 'not-yet': 0, hit: 0 }
  for (const { state, hit } of rows) counts[hit === true ? 'hit' : state] += 1
  return counts
}

/** The state that a group has as a whole: the worst news first. */
export function groupState({ counts, rows }: Pick<Group, 'counts' | 'rows'>): StepState | 'hit' {
  if (counts.failed > 0) return 'failed'
  if (counts.running > 0) return 'running'
  if (counts.interrupted > 0) return 'interrupted'
  if (counts.hit === rows.length) return 'hit'
  if (counts.skipped === rows.length) return 'skipped'
  if (counts.done + counts.hit + counts.skipped === rows.length) return 'done'
  return 'not-yet'
}
