import type { DirectoryStore } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import type { CliContext } from './cli-context.ts'
import { writeError } from './error-line.ts'
import { noStorePlace, storeDir } from './store-location.ts'

export interface StoreUse {
  readonly readOnly?: boolean
  /** Whether to look through the index before it is opened. */
  readonly checkIndex?: boolean
  /** Whether to report on stderr that a damaged index was rebuilt; a run reports it in its events. */
  readonly reportsRepair?: boolean
}

/** Opens the store, passes it to `use`, and always closes it. Reports a store that cannot be opened. */
export async function withStore(
  flag: string | undefined,
  options: StoreUse,
  context: CliContext,
  use: (store: DirectoryStore) => Promise<number>,
): Promise<number> {
  return withStoreAt(await storeDir(flag, context), options, context, use)
}

/** Does the same with the store in `storePath`; reports an error if that is undefined. */
export async function withStoreAt(
  storePath: string | undefined,
  { reportsRepair = true, ...options }: StoreUse,
  context: CliContext,
  use: (store: DirectoryStore) => Promise<number>,
): Promise<number> {
  if (storePath === undefined) {
    writeError(context, '', noStorePlace)
    return exitCodes.storeUnusable
  }
  const { openStore, describeIndexRepair, describeStoreFailure } = await import('../../../store/index.ts')
  const onWait = (what: string) => writeError(context, '', what)
  const opened = await openStore({ dir: storePath, ...options, triesFirst: true, onWait })
  if (!opened.ok) {
    writeError(context, '', describeStoreFailure(opened.error))
    return exitCodes.storeUnusable
  }
  const { dir, repaired } = opened.value
  if (reportsRepair && repaired !== undefined) writeError(context, '', describeIndexRepair(dir, repaired))
  try {
    return await use(opened.value)
  } finally {
    await opened.value.close()
  }
}
