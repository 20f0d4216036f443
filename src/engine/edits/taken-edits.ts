import { join } from 'node:path'
import { availableJson, type ResolvedInput } from '../execute/inputs.ts'
import { newCorrections, type TakingContext, takeEdits } from './take-edits.ts'

/** What is known of a run before it begins. */
interface Settled {
  readonly graph: TakingContext['graph']
  readonly inputs: ReadonlyMap<string, ResolvedInput>
  /** The input that the job itself holds. */
  readonly own?: string
}

interface Context extends Omit<TakingContext, 'graph'> {
  readonly taken: Map<string, string>
}

/** Makes what a person changed in the job an input of its run, before anything is replaced. */
export async function takeEditsInto<S extends Settled>(context: Context, settled: S): Promise<S> {
  const { graph, own } = settled
  const found = await takeEdits({ ...context, graph }, own !== undefined)
  for (const [path, hash] of found?.whole ?? []) context.taken.set(path, hash)
  return withEdits(context, settled, found)
}

/** Predicts the same, and writes nothing. */
export async function foreseeEdits<S extends Settled>(
  context: Omit<Context, 'emit' | 'taken'>,
  settled: S,
): Promise<S> {
  const { graph, own } = settled
  return withEdits(context, settled, await newCorrections({ ...context, graph, emit: () => {} }, own !== undefined))
}

function withEdits<S extends Settled>(
  { jobDir }: Pick<Context, 'jobDir'>,
  settled: S,
  found: Awaited<ReturnType<typeof newCorrections>>,
): S {
  const { own, inputs } = settled
  // Where nothing is new, the file of corrections is as it was, or still absent.
  if (found === undefined || found.changed === 0 || own === undefined) return settled
  const available = { ...availableJson(found.value), path: join(jobDir, `${own}.json`) }
  return { ...settled, inputs: new Map([...inputs, [own, { arity: 'one', available }]]) }
}
