import type { ActionKey } from '../contract/action-cache.ts'

/** A blob of an action; of a tree, the listing and each file. */
export interface TracedBlob {
  readonly hash: string
  readonly sizeBytes: number
}

/** An action as tracing needs it. One whose result does not exist any more (`isGone`) has no outputs. */
export interface TracedAction {
  readonly key: ActionKey
  readonly inputs: readonly string[]
  readonly outputs: readonly TracedBlob[]
  readonly isGone: boolean
}

export interface TraceFacts {
  readonly actions: ReadonlyMap<ActionKey, TracedAction>
  /** The files of every known tree, by the hash of its listing. */
  readonly trees: ReadonlyMap<string, readonly TracedBlob[]>
  /** The actions that each job used last. */
  readonly jobs: readonly (readonly ActionKey[])[]
}

export interface Derived {
  readonly keys: ReadonlySet<ActionKey>
  /** Those of them that are presumed, because the outputs of a step before them are unknown. */
  readonly presumed: ReadonlySet<ActionKey>
}

/**
 * The steps of many recordings give a value as small as `true` or `[]`. Its users are derivatives only when no action
 * of another source gives it: otherwise forgetting one recording would forget all.
 */
const tellingBytesMin = 33

/** Returns every action that used a source, or an output of a derivative. */
export function traceDerived(facts: TraceFacts, sources: ReadonlySet<string>): Derived {
  const tainted = new Set(sources)
  const keys = new Set<ActionKey>()
  const presumed = new Set<ActionKey>()
  const producers = producersOf(facts)

  function taintOutputs(): void {
    const small: string[] = []
    for (const key of keys) {
      for (const { hash, sizeBytes } of facts.actions.get(key)?.outputs ?? []) {
        if (sizeBytes >= tellingBytesMin) tainted.add(hash)
        else if (!tainted.has(hash)) small.push(hash)
      }
    }
    if (small.length === 0) return
    const elsewhere = puttableElsewhere(facts, { keys, tainted, producers })
    for (const hash of small) if (!elsewhere.has(hash)) tainted.add(hash)
  }

  function taintTrees(): void {
    for (const [hash, files] of facts.trees) {
      const holds = (file: TracedBlob): boolean =>
        sources.has(file.hash) || (file.sizeBytes >= tellingBytesMin && tainted.has(file.hash))
      if (!tainted.has(hash) && files.some(holds)) tainted.add(hash)
    }
  }

  for (let before = -1; before < keys.size + tainted.size; ) {
    before = keys.size + tainted.size
    taintTrees()
    for (const action of facts.actions.values()) {
      if (!keys.has(action.key) && action.inputs.some((hash) => tainted.has(hash))) keys.add(action.key)
    }
    for (const key of presumedIn(facts, keys, producers)) {
      keys.add(key)
      presumed.add(key)
    }
    taintOutputs()
  }
  return { keys, presumed }
}

interface Traced {
  readonly keys: ReadonlySet<ActionKey>
  readonly tainted: ReadonlySet<string>
  readonly producers: ReadonlyMap<string, readonly ActionKey[]>
}

/**
 * Returns the outputs of actions that may have run without the sources. An action counts only when each of its inputs
 * came from outside or from an action that counts: a step that copies a small value has it from the step before it.
 */
function puttableElsewhere({ actions }: TraceFacts, { keys, tainted, producers }: Traced): ReadonlySet<string> {
  const found = new Set<string>()
  const counted = new Set<ActionKey>()
  const isFromElsewhere = (hash: string): boolean => found.has(hash) || (!producers.has(hash) && !tainted.has(hash))
  for (let before = -1; before < counted.size; ) {
    before = counted.size
    for (const { key, inputs, outputs } of actions.values()) {
      if (keys.has(key) || counted.has(key) || !inputs.every(isFromElsewhere)) continue
      counted.add(key)
      for (const { hash } of outputs) found.add(hash)
    }
  }
  return found
}

function producersOf({ actions }: TraceFacts): ReadonlyMap<string, readonly ActionKey[]> {
  const producers = new Map<string, ActionKey[]>()
  for (const { key, outputs } of actions.values()) {
    for (const { hash } of outputs) {
      const known = producers.get(hash)
      if (known === undefined) producers.set(hash, [key])
      else known.push(key)
    }
  }
  return producers
}

/**
 * Returns the actions with inputs of unknown origin, in jobs in which a derivative's result was collected: its outputs
 * are unknown, so that they may be these inputs.
 */
function presumedIn(
  { actions, jobs }: TraceFacts,
  derived: ReadonlySet<ActionKey>,
  producers: ReadonlyMap<string, readonly ActionKey[]>,
): readonly ActionKey[] {
  return jobs
    .filter((used) => used.some((key) => derived.has(key) && actions.get(key)?.isGone === true))
    .flat()
    .filter((key) => !derived.has(key) && actions.get(key)?.inputs.some((hash) => !producers.has(hash)) === true)
}
