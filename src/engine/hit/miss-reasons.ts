import { join } from 'node:path'
import { hashInText, type JsonValue, type Lookup, type StepMemory } from '../../../store/index.ts'
import {
  type Change,
  diffActions,
  firstChanges,
  isObject,
  type Reason,
  shortened,
  stepDirectory,
} from '../../core/index.ts'
import { recordedStep } from '../edits/recorded-step.ts'
import { jsonOfDigests, jsonOfInput, type ResolvedInput } from '../execute/inputs.ts'
import { keptValue, keptValueBytes } from '../site/kept-inputs.ts'
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
      return changes.length > 0 ? insideJson(context, prepared, last, changes) : [{ kind: 'no-result' }]
    }
    default:
      return lookup satisfies never
  }
}

type Changed = Extract<Reason, { readonly kind: 'changed' }>

/**
 * Says of a JSON input what changed inside it, in place of two digests: the manifest of before has a short value, and the
 * job keeps a large one.
 */
function insideJson(
  { jobDir, graph }: Pick<RunContext, 'jobDir' | 'graph'>,
  { step, inputs }: PreparedStep,
  last: StepMemory,
  changes: readonly Changed[],
): readonly Reason[] {
  if (!changes.some(({ path }) => path.startsWith(inputPrefix))) return changes
  const before = recordedStep(join(jobDir, stepDirectory(graph, step)))
  const short = before?.key === last.key ? before.inputValues : {}
  const told = new Set<string>()
  return changes.flatMap((change) => {
    const name = inputIn(change, inputs)
    const input = name === undefined ? undefined : inputs[name]
    if (name === undefined || input === undefined) return [change]
    if (told.has(name)) return []
    const digests = isObject(last.action.inputs) ? last.action.inputs[name] : undefined
    const inside = changesOfInput(jobDir, `${inputPrefix}${name}`, { value: short[name], digests }, input)
    if (inside === undefined) return [change]
    told.add(name)
    return inside
  })
}

/** So many changes inside one input are told; the others are counted. */
const toldMax = 20

function changesOfInput(
  jobDir: string,
  path: string,
  before: { readonly value: JsonValue | undefined; readonly digests: JsonValue | undefined },
  input: ResolvedInput,
): readonly Reason[] | undefined {
  const from = before.value ?? jsonOfDigests(before.digests, (digest) => keptJson(jobDir, digest))
  const to = from === undefined ? undefined : jsonOfInput(input, keptValueBytes)
  if (from === undefined || to === undefined) return undefined
  const { changes, more: count, isComplete } = firstChanges(path, from, to, { listed: toldMax })
  if (changes.length === 0) return undefined
  const told = changes.map((one) => ({ kind: 'changed' as const, ...shortened(one) }))
  if (isComplete) return count === 0 ? told : [...told, { kind: 'also-changed', path, count }]
  return [...told, { kind: 'also-changed', path, count, atLeast: true }]
}

function keptJson(jobDir: string, digest: string): JsonValue | undefined {
  const hash = hashInText(digest)
  return hash === undefined ? undefined : keptValue(jobDir, hash)
}

const inputPrefix = 'inputs.'

/** Returns the name of the input that a change is about: `parts` of `inputs.parts[2]` and of `inputs.parts.item`. */
function inputIn({ path }: Change, inputs: PreparedStep['inputs']): string | undefined {
  if (!path.startsWith(inputPrefix)) return undefined
  const inside = path.slice(inputPrefix.length)
  return Object.keys(inputs).find(
    (name) => inside === name || ['[', '.'].some((next) => inside.startsWith(name + next)),
  )
}
