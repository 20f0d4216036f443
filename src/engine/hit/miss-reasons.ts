import { join } from 'node:path'
import type { Lookup } from '../../../store/index.ts'
import { type Change, diffActions, diffValues, type Reason, stepDirectory } from '../../core/index.ts'
import { recordedStep } from '../edits/recorded-step.ts'
import { shortJsonOf } from '../execute/inputs.ts'
import type { PreparedStep } from '../site/prepared-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { nearestChanges } from './nearest-action.ts'

/** Returns why a step missed: what changed since its last run, or what became of the result that it had. */
export function missReasons(
  context: Pick<RunContext, 'store' | 'jobDir' | 'graph'>,
  prepared: PreparedStep,
  lookup: Exclude<Lookup, { kind: 'hit' }>,
): readonly Reason[] {
  switch (lookup.kind) {
    case 'evicted':
      return [{ kind: 'evicted', at: lookup.evictedAt, by: lookup.by }]
    case 'incomplete':
      return [{ kind: 'missing', what: lookup.missing.map((output) => `its output '${output}'`).join(', ') }]
    case 'corrupt':
      return [{ kind: 'corrupt', what: lookup.what }]
    case 'not-fetched': {
      const { remote } = lookup
      if (lookup.why === 'refused') return [{ kind: 'remote-refused', remote, what: lookup.what }]
      const { bytes: sizeBytes, fetchMs, computeMs } = lookup
      return [{ kind: 'remote-slower', remote, sizeBytes, fetchMs: Math.round(fetchMs), computeMs }]
    }
    case 'absent': {
      const { store, jobDir, graph } = context
      const last = store.ledger.jobs.lastAction(jobDir, graph.pipeline, prepared.step.id)
      if (last === undefined) {
        const nearest = nearestChanges(store, prepared.action)
        return [{ kind: 'never-run', ...(nearest === undefined ? {} : { nearest }) }]
      }
      const changes = diffActions(last.action, prepared.action)
      // In a new job, it is another job's input that differs: nothing changed.
      if (last.from === 'elsewhere' && changes.length > 0)
        return [{ kind: 'never-run', nearest: changes.map(({ path, from, to }) => ({ path, from, to })) }]
      return changes.length > 0 ? insideJson(context, prepared, last.key, changes) : [{ kind: 'no-result' }]
    }
    default:
      return lookup satisfies never
  }
}

type Changed = Extract<Reason, { readonly kind: 'changed' }>

/** Says of a short JSON input what changed inside it, in place of two digests: the manifest of before has its value. */
function insideJson(
  { jobDir, graph }: Pick<RunContext, 'jobDir' | 'graph'>,
  { step, inputs }: PreparedStep,
  lastKey: string,
  changes: readonly Changed[],
): readonly Reason[] {
  if (!changes.some(({ path }) => path.startsWith(inputPrefix))) return changes
  const before = recordedStep(join(jobDir, stepDirectory(graph, step)))
  if (before?.key !== lastKey) return changes
  const told = new Set<string>()
  return changes.flatMap((change) => {
    const name = inputIn(change, inputs)
    const input = name === undefined ? undefined : inputs[name]
    if (name === undefined || input === undefined) return [change]
    const [from, to] = [before.inputValues[name], shortJsonOf(input)]
    if (from === undefined || to === undefined) return [change]
    if (told.has(name)) return []
    told.add(name)
    return diffValues(`${inputPrefix}${name}`, from, to).map((inside) => ({ kind: 'changed' as const, ...inside }))
  })
}

const inputPrefix = 'inputs.'

/** Returns the name of the input that a change is about: of `inputs.parts[2]`, `parts`. */
function inputIn({ path }: Change, inputs: PreparedStep['inputs']): string | undefined {
  if (!path.startsWith(inputPrefix)) return undefined
  const inside = path.slice(inputPrefix.length)
  return Object.keys(inputs).find((name) => inside === name || inside.startsWith(`${name}[`))
}
