import type { LocalStore } from '../../store/index.ts'
import { exitCodes } from '../core/index.ts'
import { complain } from './complaint.ts'
import { storeDir } from './store-location.ts'
import type { Surroundings } from './surroundings.ts'

/** Opens the store, hands it to `use`, and closes it whatever happens. A store that cannot be opened is said to be so. */
export async function withStore(
  flag: string | undefined,
  options: { readonly readOnly?: boolean },
  surroundings: Surroundings,
  use: (store: LocalStore) => Promise<number>,
): Promise<number> {
  const { openStore, describeStoreFailure } = await import('../../store/index.ts')
  const opened = await openStore({ dir: storeDir(flag, surroundings), ...options })
  if (!opened.ok) {
    complain(surroundings, '', describeStoreFailure(opened.error))
    return exitCodes.storeUnusable
  }
  try {
    return await use(opened.value)
  } finally {
    await opened.value.close()
  }
}
