import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StepIndex, stepDirectory } from '../core/index.ts'
import { readText } from './job-directory.ts'
import type { RunContext } from './run-context.ts'

/**
 * Returns how many steps of a job have a result, as its manifests say. Mostly that is remembered, and no manifest is
 * read; those of a run that was killed are.
 */
export function stepsDone({
  graph,
  store,
  jobDir,
  manifests,
}: Pick<RunContext, 'graph' | 'store' | 'jobDir' | 'manifests'>): number {
  const index = new StepIndex<string>()
  for (const { id, name } of graph.steps) index.add(id, name)
  const ids = new Set([...graph.steps.map(({ id }) => id), ...store.jobs.stepNames(jobDir)])
  const made = new Set(readdirSync(jobDir))
  let done = 0
  for (const id of ids) {
    const name = index.find(id)
    const dir = name === undefined ? undefined : stepDirectory(graph, { id, name })
    if (dir === undefined || !made.has(dir.split('/')[0] ?? '')) continue
    const path = join(jobDir, dir, 'manifest.json')
    const memo = manifests.get(path)
    if (memo === undefined ? hasResult(path) : memo.cache !== 'off') done += 1
  }
  return done
}

function hasResult(manifestPath: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readText(manifestPath) ?? '')
    return typeof manifest === 'object' && manifest !== null && 'exit_code' in manifest && manifest.exit_code === 0
  } catch {
    return false
  }
}
