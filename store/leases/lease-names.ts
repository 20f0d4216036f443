import { realpathSync } from 'node:fs'
import { digestBytes } from '../contract/digest.ts'

/** A run holds a lease whose name begins so; a collection keeps what the run uses. */
export const runLeasePrefix = 'run:'

/** Returns the name of a run's lease. */
export function runLease(run: string): string {
  return `${runLeasePrefix}${run}`
}

/** A longer path is named by its hash: the table of leases has slots of one size. */
const pathLengthMax = 500

/**
 * Returns the name of the lease for writing in a job's directory, given by its absolute path. The name is the same
 * through every symbolic link to the directory.
 */
export function jobLease(jobDir: string): string {
  const path = realPath(jobDir)
  return `job:${path.length > pathLengthMax ? digestBytes(Buffer.from(path)).hash : path}`
}

/** Returns the name of the lease for changing the corrections of a job: its run does, and an editor beside it. */
export function correctionsLease(jobDir: string): string {
  return `corrections:${digestBytes(Buffer.from(realPath(jobDir))).hash}`
}

/** Returns a path without symbolic links; a path that does not exist is returned as it is. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}
