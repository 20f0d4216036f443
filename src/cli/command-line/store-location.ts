import { resolve } from 'node:path'
import type { CliContext } from './cli-context.ts'

/** The error for a user without a home directory, and so without a default store. */
export const noStorePlace =
  'this user has no home directory for the store; choose a directory with --store DIR or REPRISE_STORE'

/**
 * Returns the directory of the store: --store, else REPRISE_STORE, else one in the user's cache directory.
 * Undefined if that is needed, but the user has no home directory.
 */
export async function storeDir(
  flag: string | undefined,
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string | undefined> {
  const chosen = flag ?? nonEmpty(env.REPRISE_STORE)
  if (chosen !== undefined) return resolve(cwd, chosen)
  try {
    // It looks for the home directory as soon as it is loaded.
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
 * Returns the directory of the store of a job, for commands that read the job: --store, else the store that its last run
 * used, whose leases show whether the job is running, else the default one.
 */
export async function storeDirOfJob(
  jobDir: string,
  flag: string | undefined,
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<string | undefined> {
  const { jobStore } = await import('../../engine/index.ts')
  return storeDir(flag ?? jobStore(jobDir), context)
}

/** Returns the directory of the store of a run: --store or REPRISE_STORE, else the one that the job's last run used. */
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
