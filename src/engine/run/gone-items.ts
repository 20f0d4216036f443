import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  hasOpenItems,
  itemFolder,
  itemsInId,
  nameInId,
  type Outcome,
  openerIds,
  safeFileName,
} from '../../core/index.ts'
import { keepEdits } from '../edits/keep-edits.ts'
import { recordedStep } from '../edits/recorded-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { leftBehind } from '../system/left-in-place.ts'
import { removeEmptyParents, whyNotRemoved } from '../system/remove-tree.ts'

/**
 * Removes the directories of items that the fan-outs of a completed run no longer have. The store keeps the results, and
 * what a person changed or put there is kept beside them.
 */
export async function removeGoneItems(
  context: Pick<RunContext, 'store' | 'jobDir' | 'graph' | 'emit'>,
  needed: ReadonlySet<string>,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  const { store, jobDir, graph, emit } = context
  const ids = new Set(graph.steps.map(({ id }) => id))
  const remembered = store.ledger.jobs.stepNames(jobDir).filter((id) => !ids.has(id) && !outcomes.has(id))
  if (remembered.length === 0) return
  const plain = new Set(graph.steps.flatMap(({ id, name }) => (id === name ? [name] : [])))
  const isListKnown = (id: string) => {
    const open = openerIds(id).find((opener) => ids.has(opener))
    return open === undefined || !hasOpenItems(open) || (needed.has(open) && !outcomes.has(open))
  }
  const entries = readdirSync(jobDir)
  const removed: string[] = []
  for (const id of remembered) {
    const name = nameInId(id)
    if (id === name || plain.has(name) || !isListKnown(id)) continue
    for (const entry of entries) {
      // Where a fan-out is empty, other steps may have moved up.
      if (entry.replace(/^\d+_/, '') !== safeFileName(name)) continue
      const dir = join(jobDir, entry, ...itemsInId(id).map(itemFolder))
      const recorded = recordedStep(dir)
      // A result that the store does not have is nowhere else.
      if (recorded?.step !== id || !(recorded.isStored || recorded.hasFailed)) continue
      await keepEdits(context, id, dir, { others: true })
      const why = whyNotRemoved(dir)
      if (why !== undefined) emit({ event: 'pipeline_warning', message: leftBehind(dir, why) })
      else removed.push(id)
      removeEmptyParents(dir, jobDir)
    }
  }
  if (removed.length === 0) return
  const what =
    removed.length === 1 ? 'is no longer an item: its directory was' : 'are no longer items: their directories were'
  const message = `${listText(removed)} ${what} removed, and the store keeps what was computed`
  emit({ event: 'pipeline_warning', message })
}

const shownMax = 5

function listText(ids: readonly string[]): string {
  const shown = ids.slice(0, shownMax).join(', ')
  return ids.length > shownMax ? `${shown} and ${ids.length - shownMax} more` : shown
}
