import { commitStaged } from '../blobs/commit.ts'
import type { StagedBlob } from '../contract/blob-store.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { Result } from '../contract/result.ts'
import type { StoreContext } from '../local/store-context.ts'

export interface CommitQueue {
  /**
   * Resolves when the blobs, and what `body` wrote in the same transaction, are on the disk. One that `mayWait` is held
   * back a moment where commits crowd.
   */
  commit(staged: readonly StagedBlob[], body: () => void, mayWait?: boolean): Promise<Result<void, StoreFailure>>
  /** Commits at once what is waiting. */
  flush(): void
}

interface Waiting {
  readonly staged: readonly StagedBlob[]
  readonly body: () => void
  readonly resolve: (result: Result<void, StoreFailure>) => void
  readonly reject: (error: unknown) => void
}

/** Commits crowd when so many transactions in a row began so soon after the end of the one before. */
const crowdedAfter = 16
const crowdedWithinMs = 50

/** In a crowd a commit waits until so many turns have brought no other one, but never longer than this. */
const quietTurns = 4
const longestWaitMs = 20

/**
 * Returns the commits of a store; `finish` is called last in each of their transactions. Each waits for the disk, so those that are asked for in one turn of the event loop go
 * into one transaction; whoever asked is answered when it is on the disk. Where commits crowd, those of several turns
 * do. Where they cannot all go together, each goes alone, so that one that fails takes no other with it.
 */
export function createCommitQueue(context: StoreContext, finish: () => void): CommitQueue {
  let waiting: Waiting[] = []
  let scheduled: NodeJS.Immediate | undefined
  const crowd = new Crowd(() => context.clock.nowMs())

  function together(batch: readonly Waiting[]): boolean {
    try {
      const staged = batch.flatMap((commit) => commit.staged)
      const result = commitStaged(context, staged, () => {
        for (const { body } of batch) body()
        finish()
      })
      if (result.ok) for (const { resolve } of batch) resolve(result)
      return result.ok
    } catch {
      return false
    }
  }

  function alone({ staged, body, resolve, reject }: Waiting): void {
    const work = () => {
      body()
      finish()
    }
    try {
      resolve(commitStaged(context, staged, work))
    } catch (error) {
      reject(error)
    }
  }

  function turn(): void {
    if (crowd.isWorthWaiting(waiting.length)) scheduled = setImmediate(turn)
    else flush()
  }

  function flush(): void {
    clearImmediate(scheduled)
    scheduled = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    crowd.began()
    if (batch.length === 1 || !together(batch)) for (const commit of batch) alone(commit)
    crowd.ended()
  }

  return {
    flush,
    commit: (staged, body, mayWait = false) =>
      new Promise((resolve, reject) => {
        waiting.push({ staged, body, resolve, reject })
        crowd.asked(mayWait)
        scheduled ??= setImmediate(turn)
      }),
  }
}

/** Knows whether others will come to share a transaction, if it is not begun at once. */
class Crowd {
  readonly #nowMs: () => number
  /** How many transactions have followed each other closely. */
  #inARow = 0
  #endedMs = Number.NEGATIVE_INFINITY
  /** Since when the next transaction is waited for. */
  #sinceMs = 0
  #mayWait = true
  #count = 0
  #quietTurns = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Notes a commit that was asked for. */
  asked(mayWait: boolean): void {
    if (this.#count === 0) this.#sinceMs = this.#nowMs()
    this.#mayWait &&= mayWait
  }

  /** Returns whether the transaction is better begun at another turn; asked once a turn, with how many wait for it. */
  isWorthWaiting(count: number): boolean {
    this.#quietTurns = count === this.#count ? this.#quietTurns + 1 : 0
    this.#count = count
    return (
      this.#mayWait &&
      this.#inARow >= crowdedAfter &&
      this.#quietTurns < quietTurns &&
      this.#nowMs() - this.#sinceMs < longestWaitMs
    )
  }

  /** Notes that a transaction begins. */
  began(): void {
    this.#inARow = this.#nowMs() - this.#endedMs < crowdedWithinMs ? this.#inARow + 1 : 0
    this.#mayWait = true
    this.#count = 0
    this.#quietTurns = 0
  }

  /** Notes that it is over. */
  ended(): void {
    this.#endedMs = this.#nowMs()
  }
}
