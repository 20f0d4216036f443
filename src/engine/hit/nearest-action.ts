import type { JsonObject, LocalStore } from '../../../store/index.ts'
import { type Action, type Change, diffActions, isList, isObject } from '../../core/index.ts'

/** So many of a stage's actions are remembered, the newest first. */
const keptOfAStage = 4

function memoOf(stage: string): string {
  return `actions of ${stage}`
}

/** Returns the actions of a stage that were recorded last, the newest first. */
export function rememberedActions(store: Pick<LocalStore, 'ledger'>, stage: string): readonly JsonObject[] {
  const memo = store.ledger.memos.get(memoOf(stage))
  return isList(memo) ? memo.filter(isObject) : []
}

/** Remembers the newest of some actions that were recorded, stage by stage. */
export function rememberRecorded(store: Pick<LocalStore, 'ledger'>, actions: readonly Action[]): void {
  const newest = new Map<string, Action[]>()
  for (const action of [...actions].reverse()) {
    const ofStage = newest.get(action.stage.name) ?? []
    if (ofStage.length < keptOfAStage) newest.set(action.stage.name, [...ofStage, action])
  }
  for (const [stage, fresh] of newest) {
    store.ledger.memos.set(memoOf(stage), [...fresh, ...rememberedActions(store, stage)].slice(0, keptOfAStage))
  }
}

/** Returns how an action differs from the most similar action of its stage; undefined if none is known. */
export function nearestChanges(store: Pick<LocalStore, 'ledger'>, action: Action): readonly Change[] | undefined {
  const candidates = rememberedActions(store, action.stage.name).map((other) => diffActions(other, action))
  const nearest = candidates.reduce<(typeof candidates)[number] | undefined>(
    (best, changes) => (best === undefined || changes.length < best.length ? changes : best),
    undefined,
  )
  return nearest?.map(({ path, from, to }) => ({ path, from, to }))
}
