import { isRecord, type Reason } from '../../core/index.ts'
import { missLine } from '../../report/text/explanation.ts'
import { printable } from '../../report/text/printable.ts'
import type { PlanAnswer } from '../api/messages.ts'

const whyMax = 12

/** Reads what `run --dry-run --json` printed; the command of the same build printed it. */
export function planOf(output: string, command: string): PlanAnswer {
  const executes: string[] = []
  const maybe: string[] = []
  const blocked: string[] = []
  const why: PlanAnswer['why'][number][] = []
  const stepMs: Record<string, number> = {}
  const sums = { savedMs: 0, reused: 0 }
  let time = { ms: 0, mostMs: 0, unknown: 0 }
  for (const line of output.split('\n')) {
    const value = parsed(line)
    if (value === undefined) continue
    const { step, kind, savedMs, reasons, certain, aboutMs } = value
    if (kind === 'time') time = timeOf(value)
    if (typeof step !== 'string') continue
    const name = printable(step)
    if (typeof aboutMs === 'number') stepMs[name] = aboutMs
    if (kind === 'hit') {
      sums.reused += 1
      sums.savedMs += numberOf(savedMs)
    } else if (kind === 'miss' || (kind === 'unknown' && certain === true)) {
      executes.push(name)
      if (Array.isArray(reasons) && why.length < whyMax)
        why.push({ step: name, text: missLine(reasons as readonly Reason[]) })
    } else if (kind === 'unknown') maybe.push(name)
    else if (kind === 'blocked') blocked.push(name)
  }
  return { command, executes, maybe, blocked, why, stepMs, ...time, ...sums }
}

function timeOf({ leastMs, mostMs, unknown }: Record<string, unknown>) {
  return {
    ms: numberOf(leastMs),
    mostMs: numberOf(mostMs),
    unknown: Array.isArray(unknown) ? unknown.length : 0,
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
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
