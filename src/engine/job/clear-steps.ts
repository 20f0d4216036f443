import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type Graph, stepDirectory } from '../../core/index.ts'
import { type EditsContext, keepEdits } from '../edits/keep-edits.ts'
import { leftBehind } from '../system/left-in-place.ts'
import { randomName } from '../system/random-name.ts'
import { whyNotRemoved } from '../system/remove-tree.ts'
import { workDirectory } from './job-directory.ts'

/**
 * Removes a job's directories of a step and of all that come after it in pipeline order. The store keeps the results,
 * and what a person changed or put there is kept beside them.
 * The caller holds the job's lease. Returns what is to be said of what cannot be removed. Throws what the file system
 * throws.
 */
export async function clearSteps(
  context: EditsContext,
  graph: Pick<Graph, 'order' | 'parts'>,
  from: string,
): Promise<readonly string[]> {
  const { jobDir } = context
  const warnings: string[] = []
  const names = graph.order.slice(graph.order.indexOf(from))
  const doomed = new Map(names.map((name) => [stepDirectory(graph, { id: name, name }), name]))
  for (const entry of readdirSync(jobDir)) {
    const step = doomed.get(entry)
    if (step === undefined) continue
    await keepEdits(context, step, join(jobDir, entry), { others: true })
    // Moved aside first: a run that is killed here leaves a step that is there, or one that is not.
    const aside = join(jobDir, workDirectory, `cleared-${randomName(12)}`)
    renameSync(join(jobDir, entry), aside)
    const why = whyNotRemoved(aside)
    if (why !== undefined) warnings.push(leftBehind(aside, why))
  }
  return warnings
}
