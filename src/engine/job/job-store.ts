import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describeStoreFailure, type LocalStore, openStore } from '../../../store/index.ts'
import type { Failure } from '../../core/index.ts'
import { readJobRecord } from './job-file.ts'
import { jobHolder } from './job-holder.ts'

/** Returns the directory of the store that a job used last, if it still is a store. */
export function jobStore(jobDir: string): string | undefined {
  const reading = readJobRecord(resolve(jobDir))
  const dir = reading.kind === 'read' ? reading.record.store : undefined
  return dir !== undefined && existsSync(join(dir, 'FORMAT')) ? dir : undefined
}

/** Returns the store that a job used last, if it is not `store`. */
export function otherJobStore(store: Pick<LocalStore, 'dir'>, jobDir: string): string | undefined {
  const dir = jobStore(jobDir)
  return dir === store.dir ? undefined : dir
}

/** Returns why a job cannot be run that is being run with another store, of which the leases of `store` say nothing. */
export async function heldWithOtherStore(store: Pick<LocalStore, 'dir'>, jobDir: string): Promise<Failure | undefined> {
  const dir = otherJobStore(store, jobDir)
  if (dir === undefined) return undefined
  const opened = await openStore({ dir, readOnly: true })
  if (!opened.ok) {
    if (opened.error.kind !== 'store-elsewhere') return undefined
    return {
      kind: 'job-unusable',
      dir: jobDir,
      reason: `its last run may go on: ${describeStoreFailure(opened.error)}`,
    }
  }
  try {
    const holder = jobHolder(opened.value, jobDir)
    if (holder === undefined) return undefined
    const reason = `another run (pid ${holder.pid}) uses it with the store ${dir}; wait for that run, or use the same store`
    return { kind: 'job-unusable', dir: jobDir, reason }
  } finally {
    await opened.value.close()
  }
}
