import { lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type LocalStore, makeDirectory, type Result } from '../../../store/index.ts'
import { chooseAnother, type Failure, jobUnusable } from '../../core/index.ts'
import { recordedStep, temporaryRecord } from '../edits/recorded-step.ts'
import { leftBehind, linkReplaced } from '../system/left-in-place.ts'
import { whyNotRemoved } from '../system/remove-tree.ts'

/** Where a job keeps the workspaces of the steps that are running. */
export const workDirectory = '.work'
/** Where a job keeps the large JSON values that its steps read, so that a later run can say what changed inside one. */
export const keptInputsDirectory = '.inputs'
/** The runner's own files in a job directory. */
export const jobFileNames: ReadonlySet<string> = new Set(['job.json', 'events.jsonl', 'run.log'])

/** Makes the job directory if it does not exist, and returns its absolute path. Writes nothing else. */
export function createJobDirectory(dir: string, store: Pick<LocalStore, 'dir'>): Result<string, Failure> {
  const path = resolve(dir)
  if (`${path}/`.startsWith(`${store.dir}/`)) {
    return { ok: false, error: { kind: 'job-unusable', dir: path, reason: `it is inside the store; ${chooseAnother}` } }
  }
  try {
    makeDirectory(path)
    return { ok: true, value: path }
  } catch (error) {
    return { ok: false, error: jobUnusable(path, error) }
  }
}

/** Returns whether a run of a job ended before its steps did. */
export function isInterrupted(jobDir: string): boolean {
  try {
    return readdirSync(join(jobDir, workDirectory)).length > 0
  } catch {
    return false
  }
}

/**
 * Makes the directory for workspaces, and removes from it what an interrupted run left; the caller holds the job's
 * lease, so nobody is using it. Returns what is to be said of what stays there.
 */
export function sweepWorkspaces(jobDir: string): readonly string[] {
  const work = join(jobDir, workDirectory)
  const stats = lstatSync(work, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) {
    if (stats !== undefined) unlinkSync(work)
    mkdirSync(work)
    return stats?.isSymbolicLink() === true ? [linkReplaced(work)] : []
  }
  return readdirSync(work).flatMap((name) => {
    const path = join(work, name)
    const why = whyNotRemoved(path)
    return why === undefined ? [] : [leftBehind(path, why)]
  })
}

/** Does what `sweepWorkspaces` does, and says of a new job what its directory holds already. */
export function sweepJob(jobDir: string, isNew: boolean): readonly string[] {
  return [...sweepWorkspaces(jobDir), ...(isNew ? foreignFiles(jobDir) : [])]
}

/** Returns what is to be said of a directory that holds a person's own files, and becomes a job. */
function foreignFiles(jobDir: string): readonly string[] {
  const names = readdirSync(jobDir).filter((name) => !isOfJob(jobDir, name))
  if (names.length === 0) return []
  const shown = names.slice(0, 3).join(', ')
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return [
    `${jobDir} was no job, and holds ${shown}${more}; this run writes its files beside them, and leaves them alone`,
  ]
}

/** A job may have lost its record, and then its steps tell what it was. */
function isOfJob(jobDir: string, name: string): boolean {
  if (jobFileNames.has(name) || name === workDirectory || name === keptInputsDirectory || temporaryRecord.test(name))
    return true
  const dir = join(jobDir, name)
  if (lstatSync(dir).isDirectory() !== true) return false
  return recordedStep(dir) !== undefined || readdirSync(dir).some((item) => recordedStep(join(dir, item)) !== undefined)
}
