import { resolve } from 'node:path'
import envPaths from 'env-paths'
import type { Surroundings } from './surroundings.ts'

/** Returns where the store is: what --store says, else REPRISE_STORE, else one a user in the cache directory. */
export function storeDir(flag: string | undefined, { cwd, env }: Pick<Surroundings, 'cwd' | 'env'>): string {
  const chosen = flag ?? nonEmpty(env.REPRISE_STORE)
  return chosen === undefined ? resolve(envPaths('reprise', { suffix: '' }).cache, 'store') : resolve(cwd, chosen)
}

/**
 * Returns where the store of a job is, for commands that look at it: what --store says, else the store that its last run
 * used, whose leases tell whether it is running, else the usual one.
 */
export async function storeDirOfJob(
  jobDir: string,
  flag: string | undefined,
  surroundings: Pick<Surroundings, 'cwd' | 'env'>,
): Promise<string> {
  const { jobStore } = await import('../engine/index.ts')
  return storeDir(flag ?? jobStore(jobDir), surroundings)
}

/** Returns where the store of a run is: what --store or REPRISE_STORE says, else the one that the job's last run used. */
export async function storeDirOfRun(
  jobDir: string,
  flag: string | undefined,
  surroundings: Pick<Surroundings, 'cwd' | 'env'>,
): Promise<string> {
  return storeDirOfJob(jobDir, flag ?? nonEmpty(surroundings.env.REPRISE_STORE), surroundings)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
