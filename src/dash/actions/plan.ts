import { isRecord, nameInId, type Reason } from '../../core/index.ts'
import { missLine } from '../../report/text/explanation.ts'
import { printable } from '../../report/text/printable.ts'
import type { PlanAnswer, StepRow } from '../api/messages.ts'

const whyMax = 12

/** Reads what `run --dry-run --json` printed. Times are those of the steps' last execution, or of others of their name. */
export function planOf(output: string, command: string, rows: readonly StepRow[]): PlanAnswer {
  const msOf = durations(rows)
  const executes: string[] = []
  const maybe: string[] = []
  const blocked: string[] = []
  const why: { readonly step: string; readonly text: string }[] = []
  const sums = { ms: 0, maybeMs: 0, unknown: 0, savedMs: 0, reused: 0 }
  for (const line of output.split('\n')) {
    const value = parsed(line)
    if (value === undefined) continue
    const { step, kind, savedMs, reasons, certain } = value
    if (typeof step !== 'string') continue
    const name = printable(step)
    const ms = msOf(step)
    if (kind === 'hit') {
      sums.reused += 1
      sums.savedMs += typeof savedMs === 'number' ? savedMs : 0
    } else if (kind === 'miss' || (kind === 'unknown' && certain === true)) {
      executes.push(name)
      if (ms === undefined) sums.unknown += 1
      else sums.ms += ms
      // The command of the same build printed them.
      if (Array.isArray(reasons) && why.length < whyMax)
        why.push({ step: name, text: missLine(reasons as readonly Reason[]) })
    } else if (kind === 'unknown') {
      maybe.push(name)
      if (ms === undefined) sums.unknown += 1
      else sums.maybeMs += ms
    } else if (kind === 'blocked') blocked.push(name)
  }
  return { command, executes, maybe, blocked, why, ...sums }
}

function durations(rows: readonly StepRow[]): (step: string) => number | undefined {
  const exact = new Map<string, number>()
  const byName = new Map<string, { sum: number; count: number }>()
  for (const { id, ms, state } of rows) {
    if (ms === undefined || state !== 'done') continue
    exact.set(id, ms)
    const of = byName.get(nameInId(id)) ?? { sum: 0, count: 0 }
    byName.set(nameInId(id), { sum: of.sum + ms, count: of.count + 1 })
  }
  return (step) => {
    const of = byName.get(nameInId(step))
    return exact.get(step) ?? (of === undefined ? undefined : of.sum / of.count)
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (line === '') return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
