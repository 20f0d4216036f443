import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, stepFolders } from '../../core/index.ts'
import { keepEdits } from '../edits/keep-edits.ts'
import { type RecordedStep, recordedStep } from '../edits/recorded-step.ts'
import type { RunContext } from '../site/run-context.ts'
import { leftBehind } from '../system/left-in-place.ts'
import { removeEmptyParents, whyNotRemoved } from '../system/remove-tree.ts'
import { removeGoneItems } from './gone-items.ts'

type Context = Pick<RunContext, 'store' | 'jobDir' | 'graph' | 'emit' | 'holdsJob'>

/**
 * Removes the directories of items and of steps that a completed run no longer has, or that have another number now. The
 * store has their results, and what a person changed or put there is kept beside them.
 */
export async function removeGone(
  context: Context,
  needed: ReadonlySet<string>,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  if (context.store.readOnly || !context.holdsJob()) return
  await removeGoneItems(context, needed, outcomes)
  await removeGoneSteps(context)
}

async function removeGoneSteps(context: Context): Promise<void> {
  const { jobDir, graph, emit } = context
  const current = new Set(stepFolders(graph))
  for (const folder of namesIn(jobDir)) {
    if (!/^\d{2,}_/.test(folder) || current.has(folder)) continue
    let removed = 0
    for (const { dir, step, recorded } of stepsIn(join(jobDir, folder))) {
      if (!(await isKept(context, recorded))) continue
      await keepEdits(context, step, dir, { others: true })
      const why = whyNotRemoved(dir)
      if (why !== undefined) emit({ event: 'pipeline_warning', message: leftBehind(dir, why) })
      else {
        removed += 1
        removeEmptyParents(dir, jobDir)
      }
    }
    if (removed === 0) continue
    const message = `${folder} is no step's directory any more: it was removed, and the store keeps what was computed`
    emit({ event: 'pipeline_warning', message })
  }
}

/** A result that the store does not have is nowhere else. */
async function isKept({ store }: Context, { hasFailed, isStored, key }: RecordedStep): Promise<boolean> {
  if (hasFailed) return true
  return isStored && key !== undefined && (await store.lookup(key)).kind === 'hit'
}

interface Found {
  readonly dir: string
  readonly step: string
  readonly recorded: RecordedStep
}

/** Returns the step that a directory is of, or those of the items in it. */
function stepsIn(dir: string): readonly Found[] {
  const recorded = recordedStep(dir)
  if (recorded?.step !== undefined) return [{ dir, step: recorded.step, recorded }]
  return namesIn(dir).flatMap((name) => stepsIn(join(dir, name)))
}

function namesIn(dir: string): readonly string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true })
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
  } catch {
    return []
  }
}
