import { join } from 'node:path'
import { newCorrections, type TakingContext, takeEdits } from '../edits/take-edits.ts'
import { availableJson } from '../execute/inputs.ts'
import type { Preflight } from './preflight.ts'

interface Context extends Omit<TakingContext, 'graph'> {
  readonly taken: Map<string, string>
}

/** Makes what a person changed in the job an input of its run, before anything is replaced. */
export async function takeEditsInto(context: Context, settled: Preflight): Promise<Preflight> {
  const { graph, own } = settled
  const found = await takeEdits({ ...context, graph }, own !== undefined)
  for (const [path, hash] of found?.whole ?? []) context.taken.set(path, hash)
  return withEdits(context, settled, found)
}

/** Predicts the same, and writes nothing. */
export async function foreseeEdits(context: Omit<Context, 'emit' | 'taken'>, settled: Preflight): Promise<Preflight> {
  const { graph, own } = settled
  return withEdits(context, settled, await newCorrections({ ...context, graph, emit: () => {} }, own !== undefined))
}

function withEdits(
  { jobDir }: Pick<Context, 'jobDir'>,
  settled: Preflight,
  found: Awaited<ReturnType<typeof newCorrections>>,
): Preflight {
  const { own, inputs } = settled
  // Where nothing is new, the file of corrections is as it was, or still absent.
  if (found === undefined || found.changed === 0 || own === undefined) return settled
  const available = { ...availableJson(found.value), path: join(jobDir, `${own}.json`) }
  return { ...settled, inputs: new Map([...inputs, [own, { arity: 'one', available }]]) }
}
