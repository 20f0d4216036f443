import { canonicalJson } from '../contract/canonical-json.ts'
import type { JsonValue } from '../contract/json.ts'
import { isObject } from '../contract/json-guards.ts'
import type { DayStats, DurationSample, Durations, JobMemory, Memos, StepMemory } from '../contract/local/ledger.ts'
import { counterOf, type DailyStats } from '../ledger/day-stats.ts'

interface Job {
  readonly pipeline: string
  readonly steps: Map<string, StepMemory>
}

function copyOf(value: JsonValue): JsonValue {
  const copy: JsonValue = JSON.parse(canonicalJson(value))
  return copy
}

/** Returns a memory of jobs that lasts as long as the process. */
export function createMemoryJobs(): JobMemory {
  const jobs = new Map<string, Job>()
  const lasts = new Map<string, StepMemory>()
  return {
    lastAction(job, pipeline, step) {
      const known = jobs.get(job)
      const here = known?.pipeline === pipeline ? known.steps.get(step) : undefined
      if (here !== undefined) return { ...here, from: 'job' }
      const elsewhere = lasts.get(`${pipeline}\0${step}`)
      return elsewhere === undefined ? undefined : { ...elsewhere, from: 'elsewhere' }
    },
    remember(job, pipeline, steps) {
      const before = jobs.get(job)
      const merged = before?.pipeline === pipeline ? before.steps : new Map<string, StepMemory>()
      for (const [step, { key, action }] of steps) {
        const copy = copyOf(action)
        const memory = { key, action: isObject(copy) ? copy : {} }
        merged.set(step, memory)
        lasts.set(`${pipeline}\0${step}`, memory)
      }
      jobs.set(job, { pipeline, steps: merged })
    },
    steps: (job) => new Map(jobs.get(job)?.steps),
    keys(job, pipeline) {
      const known = jobs.get(job)
      return known?.pipeline === pipeline
        ? Object.fromEntries([...known.steps].map(([step, { key }]) => [step, key]))
        : {}
    },
    stepNames: (job) => [...(jobs.get(job)?.steps.keys() ?? [])],
    forget(gone) {
      for (const job of gone) jobs.delete(job)
    },
    list: () => [...jobs].map(([job, { pipeline }]) => ({ job, pipeline })),
  }
}

const samplesMax = 20

/** Returns durations that last as long as the process. */
export function createMemoryDurations(): Durations {
  const samples = new Map<string, readonly DurationSample[]>()
  const recent = (stage: string, device: string) => samples.get(`${stage}\0${device}`) ?? []
  return {
    record(stage, device, sample) {
      samples.set(`${stage}\0${device}`, [...recent(stage, device), sample].slice(-samplesMax))
    },
    recent,
  }
}

/** Returns memos that last as long as the process. */
export function createMemoryMemos(): Memos {
  const memos = new Map<string, JsonValue>()
  return {
    get: (name) => memos.get(name),
    set(name, value) {
      memos.set(name, copyOf(value))
    },
  }
}

/** Returns counts of look-ups that last as long as the process. */
export function createMemoryDays(now: () => number): DailyStats {
  const days = new Map<string, DayStats>()
  return { count: counterOf(days, now), recent: () => [...days.values()] }
}
