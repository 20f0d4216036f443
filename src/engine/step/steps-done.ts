import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StepIndex, stepDirectory } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'
import type { RunContext } from './run-context.ts'

/**
 * Returns how many steps of a job have a result, as its manifests say. Mostly that is remembered, and no manifest is
 * read; those of a run that was killed are.
 */
export function stepsDone({
  graph,
  store,
  jobDir,
  done,
}: Pick<RunContext, 'graph' | 'store' | 'jobDir' | 'done'>): number {
  const steps = new Map(graph.steps.map(({ id, name }) => [id, name]))
  const others = store.ledger.jobs.stepNames(jobDir).filter((id) => !steps.has(id))
  if (others.length > 0) {
    const index = new StepIndex<string>()
    for (const { id, name } of graph.steps) index.add(id, name)
    for (const id of others) {
      const name = index.find(id)
      if (name !== undefined) steps.set(id, name)
    }
  }
  const made = new Set(readdirSync(jobDir))
  let count = 0
  for (const [id, name] of steps) {
    const dir = stepDirectory(graph, { id, name })
    if (!made.has(topOf(dir))) continue
    if (done.isDone(id) ?? hasResult(join(jobDir, dir, 'manifest.json'))) count += 1
  }
  return count
}

function topOf(dir: string): string {
  const slash = dir.indexOf('/')
  return slash === -1 ? dir : dir.slice(0, slash)
}

function hasResult(manifestPath: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readText(manifestPath) ?? '')
    return typeof manifest === 'object' && manifest !== null && 'exit_code' in manifest && manifest.exit_code === 0
  } catch {
    return false
  }
}
