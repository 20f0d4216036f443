import type { DirectoryStore } from '../../../store/index.ts'

/** Returns the keys of the actions that a job used last, as the store knows them, and as the manifests in the job say. */
export async function keysOfJob(local: DirectoryStore, jobDir: string): Promise<readonly string[]> {
  const known = [...local.ledger.jobs.steps(jobDir).values()].map(({ key }) => key)
  const { manifestKeys } = await import('../../engine/index.ts')
  return [...new Set([...known, ...(await manifestKeys(jobDir))])]
}
