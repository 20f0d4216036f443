import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Ledger, LocalStore } from '../../../store/index.ts'
import {
  type Device,
  deviceFor,
  type Graph,
  hasOpenItems,
  leftMs,
  openItemsIn,
  type Step,
  StepIndex,
  type StepStatus,
  sourcesOf,
  upstreamOf,
  type WholeSource,
  type WorkLeft,
  withItems,
} from '../../core/index.ts'
import { estimateMs } from './estimate.ts'

export interface WorkLeftOptions {
  readonly graph: Graph
  readonly store: Pick<LocalStore, 'ledger'>
  readonly device: Device
  /** Paths by input name. */
  readonly inputs: Readonly<Record<string, string | readonly string[]>>
  /** Returns the size of an output that a step has made. */
  readonly outputBytes: (step: string, output: string) => number | undefined
  /** How many steps execute at once; by default the number of cores. */
  readonly concurrency?: number
  readonly nowMs: number
}

/** Returns the estimated time left of each step, and of all. */
export function workLeft(
  steps: readonly StepStatus[],
  options: WorkLeftOptions,
): { readonly steps: readonly StepStatus[]; readonly left: WorkLeft } {
  const { graph } = options
  const index = new StepIndex<Step>()
  for (const step of graph.steps) index.add(step.id, step)
  const leftOf = new Map<string, number>()
  const longestMs = new Map<string, number>()
  const unknown: string[] = []
  const pending = steps.filter(isPending)
  const known = { ...options, estimate: estimatesOf(options.store.ledger) }
  for (const status of pending) {
    const step = index.find(status.step)
    // Nobody knows how many items a list will have that is computed later.
    const ms = step === undefined || hasOpenItems(status.step) ? undefined : stepLeftMs(status, step, known)
    if (step === undefined || ms === undefined) unknown.push(status.step)
    else {
      leftOf.set(status.step, ms)
      // The items of a fan-out can run in parallel.
      longestMs.set(step.id, Math.max(longestMs.get(step.id) ?? 0, ms))
    }
  }
  return {
    steps: steps.map((status) => {
      const ms = leftOf.get(status.step)
      return ms === undefined ? status : { ...status, leftMs: Math.round(ms) }
    }),
    left: { steps: pending.length, durationMs: Math.round(spanMs(leftOf, longestMs, options)), unknown },
  }
}

function isPending({ state }: StepStatus): boolean {
  return state !== 'done' && state !== 'skipped'
}

/** Returns about how long a stage takes on a device for so many bytes, judged by its past durations. */
type Estimates = (stage: string, device: Device, inputBytes: () => number | undefined) => number | undefined

/** Returns estimates, each made once for equal steps. Of a stage that has never run, nobody asks how much it reads. */
function estimatesOf({ durations }: Pick<Ledger, 'durations'>): Estimates {
  const recent = new Map<string, ReturnType<typeof durations.recent>>()
  const known = new Map<string, number | undefined>()
  return (stage, device, inputBytes) => {
    const of = `${device} ${stage}`
    const before = recent.get(of) ?? durations.recent(stage, device)
    recent.set(of, before)
    if (before.length === 0) return undefined
    const bytes = inputBytes()
    const name = `${bytes} ${of}`
    if (!known.has(name)) known.set(name, estimateMs(before, bytes))
    return known.get(name)
  }
}

function stepLeftMs(
  status: StepStatus,
  step: Step,
  options: WorkLeftOptions & { readonly estimate: Estimates },
): number | undefined {
  const device = deviceFor(step.stage.devices, options.device)
  const wholeMs = options.estimate(step.stage.name, device, () => inputBytesOf(status.step, step, options))
  if (status.state !== 'running' || status.startedAt === undefined) return wholeMs
  // If the clock was set back, it would begin in the future.
  const elapsedMs = Math.max(0, options.nowMs - Date.parse(status.startedAt))
  const { fraction } = status
  const left = leftMs({
    elapsedMs,
    ...(fraction === undefined ? {} : { fraction }),
    ...(wholeMs === undefined ? {} : { historyLeftMs: wholeMs - elapsedMs }),
  })
  return left === undefined ? undefined : Math.max(0, left)
}

/** Returns how many bytes a step reads, or undefined while one of its inputs is not made or cannot be measured. */
function inputBytesOf(id: string, step: Step, options: WorkLeftOptions): number | undefined {
  const items = openItemsIn(step.id, id)
  let bytes = 0
  for (const source of Object.values(step.bindings).flatMap(sourcesOf)) {
    const size = sizeOf(source, items, options)
    if (size === undefined) return undefined
    bytes += size
  }
  return bytes
}

function sizeOf(
  source: WholeSource,
  items: readonly string[],
  { inputs, outputBytes }: WorkLeftOptions,
): number | undefined {
  switch (source.from) {
    case 'input': {
      return sizeAt([inputs[source.input] ?? []].flat())
    }
    case 'step':
      return outputBytes(withItems(source.step, items), source.output)
    case 'constant':
      return 0
    case 'item':
      return undefined
    default:
      return source satisfies never
  }
}

/** Returns the size of some files, or undefined if one of them is not a file. */
function sizeAt(paths: readonly string[]): number | undefined {
  let bytes = 0
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats?.isFile() !== true) return undefined
    bytes += stats.size
  }
  return bytes
}

/** Returns the length of the longest chain, or the sum spread over what runs at once where that is longer. */
function spanMs(
  leftMs: ReadonlyMap<string, number>,
  longestMs: ReadonlyMap<string, number>,
  { graph, concurrency }: WorkLeftOptions,
): number {
  const endMs = new Map<string, number>()
  let longest = 0
  let sum = 0
  for (const step of graph.steps) {
    const begin = upstreamOf(graph, step).reduce((latest, id) => Math.max(latest, endMs.get(id) ?? 0), 0)
    const end = begin + (longestMs.get(step.id) ?? 0)
    endMs.set(step.id, end)
    longest = Math.max(longest, end)
  }
  for (const ms of leftMs.values()) sum += ms
  return Math.max(longest, sum / (concurrency ?? availableParallelism()))
}
