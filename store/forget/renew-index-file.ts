import { describeStoreFailure } from '../contract/failure.ts'
import { errorCode, isSystemError, ThrownFailure } from '../disk/io-failure.ts'
import type { StoreContext } from '../local/store-context.ts'

/**
 * Has the index made anew of the records that are left, because LMDB leaves the bytes of removed ones in its file. Whoever
 * reads the old file meanwhile keeps it until it has read. Returns why those bytes are still on the disk, if they are.
 */
export async function renewIndexFile({ layout, renewIndex }: StoreContext): Promise<string | undefined> {
  try {
    const { problems, movedTo } = await renewIndex()
    if (movedTo === undefined) return `there is no room in ${layout.dir} for a new one`
    return problems.length === 0 ? undefined : `it was damaged, was made anew, and is kept in ${movedTo}`
  } catch (error) {
    if (error instanceof ThrownFailure) return describeStoreFailure(error.failure)
    if (!isSystemError(error)) throw error
    return errorCode(error)
  }
}
