import type { Result } from '../../../store/index.ts'
import { buildGraph, ownPools, unknownName } from '../../core/index.ts'
import { readNameValues } from '../command-line/name-value.ts'
import type { ExecutionFlags } from '../command-line/run-flags.ts'
import type { JobChoice } from './job-choice.ts'

/** Numbers of slots by pool. */
export type PoolSlots = Readonly<Record<string, number>>

/** Returns the slots of pools: those of the config, overridden by the command line. */
export function readPoolFlag({
  job,
  flags,
}: {
  readonly job: JobChoice
  readonly flags: Pick<ExecutionFlags, 'pool'>
}): Result<PoolSlots, string> {
  const declared = job.offers?.pools ?? {}
  if (flags.pool.length === 0) return { ok: true, value: declared }
  const named = readNameValues('--pool', flags.pool)
  if (!named.ok) return named
  const known = [...ownPools, ...Object.keys(declared), ...poolsOfStages(job)]
  const sizes: Record<string, number> = { ...declared }
  for (const [name, texts] of named.value) {
    const text = texts.at(-1) ?? ''
    if (!known.includes(name)) return { ok: false, error: `--pool: ${unknownName('pool', name, [...new Set(known)])}` }
    if (!/^[1-9]\d*$/.test(text)) {
      return { ok: false, error: `--pool takes NAME=N with a whole number of slots above zero, not '${name}=${text}'` }
    }
    sizes[name] = Number(text)
  }
  return { ok: true, value: sizes }
}

function poolsOfStages({ pipeline, params }: JobChoice): readonly string[] {
  const graph = buildGraph(pipeline, params)
  return graph.ok ? graph.value.steps.flatMap(({ stage }) => stage.resources?.pool ?? []) : []
}
