import { resolve } from 'node:path'
import type { CliContext } from './cli-context.ts'

/** What a user is told who has no home directory, and so no store of their own. */
export const noStorePlace =
  'this user has no home directory to keep a store in: say where it is to be, with --store DIR or REPRISE_STORE'

/**
 * Returns where the store is: what --store says, else REPRISE_STORE, else one a user in the cache directory.
 * Undefined where that is needed, and the user has no home.
 */
export async function storeDir(
  flag: string | undefined,
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string | undefined> {
  const chosen = flag ?? nonEmpty(env.REPRISE_STORE)
  if (chosen !== undefined) return resolve(cwd, chosen)
  try {
    // It looks for the home as soon as it is loaded.
    const { default: envPaths } = await import('env-paths')
    return resolve(envPaths('reprise', { suffix: '' }).cache, 'store')
  } catch (error) {
    if (isNoHome(error)) return undefined
    throw error
  }
}

function isNoHome(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_os_homedir'
}

/**
 * Returns where the store of a job is, for commands that look at it: what --store says, else the store that its last run
 * used, whose leases tell whether it is running, else the usual one.
 */
export async function storeDirOfJob(
  jobDir: string,
  flag: string | undefined,
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string | undefined> {
  const { jobStore } = await import('../../engine/index.ts')
  return storeDir(flag ?? jobStore(jobDir), context)
}

/** Returns where the store of a run is: what --store or REPRISE_STORE says, else the one that the job's last run used. */
export async function storeDirOfRun(
  jobDir: string,
  flag: string | undefined,
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string | undefined> {
  return storeDirOfJob(jobDir, flag ?? nonEmpty(context.env.REPRISE_STORE), context)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
