import type { DirectoryStore } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { complain } from './complaint.ts'
import { noStorePlace, storeDir } from './store-location.ts'
import type { Surroundings } from './surroundings.ts'

export interface StoreUse {
  readonly readOnly?: boolean
  /** Says on stderr that a damaged index was rebuilt; a run says it itself, in its events. */
  readonly tellsRepair?: boolean
}

/** Opens the store, hands it to `use`, and closes it whatever happens. A store that cannot be opened is said to be so. */
export async function withStore(
  flag: string | undefined,
  options: StoreUse,
  surroundings: Surroundings,
  use: (store: DirectoryStore) => Promise<number>,
): Promise<number> {
  return withStoreAt(await storeDir(flag, surroundings), options, surroundings, use)
}

/** Does the same with the store in `storePath`; says so where there is no place for one. */
export async function withStoreAt(
  storePath: string | undefined,
  { tellsRepair = true, ...options }: StoreUse,
  surroundings: Surroundings,
  use: (store: DirectoryStore) => Promise<number>,
): Promise<number> {
  if (storePath === undefined) {
    complain(surroundings, '', noStorePlace)
    return exitCodes.storeUnusable
  }
  const { openStore, describeIndexRepair, describeStoreFailure } = await import('../../../store/index.ts')
  const opened = await openStore({ dir: storePath, ...options })
  if (!opened.ok) {
    complain(surroundings, '', describeStoreFailure(opened.error))
    return exitCodes.storeUnusable
  }
  const { dir, repaired } = opened.value
  if (tellsRepair && repaired !== undefined) complain(surroundings, '', describeIndexRepair(dir, repaired))
  try {
    return await use(opened.value)
  } finally {
    await opened.value.close()
  }
}
