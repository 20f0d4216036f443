import { realpathSync } from 'node:fs'

/** Runs hold a lease whose name begins so while they last; what they use is not collected. */
export const runLeasePrefix = 'run:'

/** Returns the name of the lease by which the store knows that a run is going on. */
export function runLease(run: string): string {
  return `${runLeasePrefix}${run}`
}

/**
 * Returns the name of the lease that is held by whoever writes in a job's directory, which is absolute. It is one,
 * whatever links the directory is reached by.
 */
export function jobLease(jobDir: string): string {
  return `job:${realPath(jobDir)}`
}

/** Returns a path without links, or as it is given where it leads to nothing. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}
