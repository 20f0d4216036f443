import type { StagedBlob } from './blob-store.ts'
import { commitStaged } from './commit.ts'
import type { StoreFailure } from './failure.ts'
import type { Result } from './result.ts'
import type { StoreContext } from './store-context.ts'

/** Commits of one store, several of which may share a transaction. */
export interface CommitQueue {
  /** Resolves when the blobs, and what `body` wrote in the same transaction, are on the disk. */
  commit(staged: readonly StagedBlob[], body: () => void): Promise<Result<void, StoreFailure>>
  /** Commits at once what is waiting. */
  flush(): void
}

interface Waiting {
  readonly staged: readonly StagedBlob[]
  readonly body: () => void
  readonly resolve: (result: Result<void, StoreFailure>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Returns the commits of a store. Each waits for the disk, so those that are asked for in one turn of the event loop go
 * into one transaction; whoever asked is answered when it is on the disk. Where they cannot all go together, each goes
 * alone, so that one that fails takes no other with it.
 */
export function createCommitQueue(context: StoreContext): CommitQueue {
  let waiting: Waiting[] = []
  let scheduled: NodeJS.Immediate | undefined

  function together(batch: readonly Waiting[]): boolean {
    try {
      const staged = batch.flatMap((commit) => commit.staged)
      const result = commitStaged(context, staged, () => {
        for (const { body } of batch) body()
      })
      if (result.ok) for (const { resolve } of batch) resolve(result)
      return result.ok
    } catch {
      return false
    }
  }

  function alone({ staged, body, resolve, reject }: Waiting): void {
    try {
      resolve(commitStaged(context, staged, body))
    } catch (error) {
      reject(error)
    }
  }

  function flush(): void {
    clearImmediate(scheduled)
    scheduled = undefined
    const batch = waiting
    waiting = []
    if (batch.length > 1 && together(batch)) return
    for (const commit of batch) alone(commit)
  }

  return {
    flush,
    commit: (staged, body) =>
      new Promise((resolve, reject) => {
        waiting.push({ staged, body, resolve, reject })
        scheduled ??= setImmediate(flush)
      }),
  }
}
