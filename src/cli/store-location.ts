import { resolve } from 'node:path'
import envPaths from 'env-paths'
import type { Surroundings } from './surroundings.ts'

/** Returns where the store is: what --store says, else REPRISE_STORE, else one a user in the cache directory. */
export function storeDir(flag: string | undefined, { cwd, env }: Pick<Surroundings, 'cwd' | 'env'>): string {
  const chosen = flag ?? nonEmpty(env.REPRISE_STORE)
  return chosen === undefined ? resolve(envPaths('reprise', { suffix: '' }).cache, 'store') : resolve(cwd, chosen)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
