import { lstatSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type LocalStore, makeDirectory, type Result } from '../../../store/index.ts'
import { chooseAnother, type Failure, jobUnusable } from '../../core/index.ts'
import { removeTree } from '../system/remove-tree.ts'

/** Where a job keeps the workspaces of the steps that are running. */
export const workDirectory = '.work'

/** Makes the job directory if it does not exist, and returns its absolute path. Writes nothing else. */
export function createJobDirectory(dir: string, store: Pick<LocalStore, 'dir'>): Result<string, Failure> {
  const path = resolve(dir)
  if (`${path}/`.startsWith(`${store.dir}/`)) {
    return { ok: false, error: { kind: 'job-unusable', dir: path, reason: `it is inside the store; ${chooseAnother}` } }
  }
  try {
    makeDirectory(join(path, workDirectory))
    return { ok: true, value: path }
  } catch (error) {
    return { ok: false, error: jobUnusable(path, error) }
  }
}

/** Removes what an interrupted run left; the caller holds the job's lease, so nobody is using it. */
export function sweepWorkspaces(jobDir: string): void {
  const work = join(jobDir, workDirectory)
  const left = lstatSync(work, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(work) : undefined
  // Skips loading what removes trees.
  if (left?.length === 0) return
  removeTree(work)
  makeDirectory(work)
}
