import { commitStaged } from '../blobs/commit.ts'
import type { StagedBlob } from '../contract/blob-store.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { Result } from '../contract/result.ts'
import type { StoreContext } from '../local/store-context.ts'

export interface CommitQueue {
  /**
   * Resolves when the blobs, and what `body` wrote in the same transaction, are on the disk. A commit that `mayWait`
   * waits a moment for others where commits are frequent.
   */
  commit(staged: readonly StagedBlob[], body: () => void, mayWait?: boolean): Promise<Result<void, StoreFailure>>
  /** Commits now what is waiting. */
  flush(): void
}

interface Waiting {
  readonly staged: readonly StagedBlob[]
  readonly body: () => void
  readonly resolve: (result: Result<void, StoreFailure>) => void
  readonly reject: (error: unknown) => void
}

/** Commits are frequent after this many transactions in a row, each of which began so soon after the one before. */
const frequentAfter = 16
const frequentWithinMs = 50

/**
 * Then a commit waits until this many turns of the event loop brought no other one, but never longer than this. Two runs
 * of 200 short steps sync the disk 118 times so and take 1.06 s, and without 208 times and 1.44 s (medians of 5, ext4).
 */
const quietTurnsMax = 4
const longestWaitMs = 20

/**
 * Returns the commits of a store; `finish` is called last in each transaction. Each transaction waits for the disk, so
 * those of one turn of the event loop share one, and those of several turns where commits are frequent. If a shared
 * transaction fails, each commit gets its own, so that one failure does not fail the others.
 */
export function createCommitQueue(context: StoreContext, finish: () => void): CommitQueue {
  let waiting: Waiting[] = []
  let scheduled: NodeJS.Immediate | undefined
  const pacing = new Pacing(() => context.clock.nowMs())

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
    if (pacing.shouldWait(waiting.length)) scheduled = setImmediate(turn)
    else flush()
  }

  function flush(): void {
    clearImmediate(scheduled)
    scheduled = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    pacing.began()
    if (batch.length === 1 || !together(batch)) for (const commit of batch) alone(commit)
    pacing.ended()
  }

  return {
    flush,
    commit: (staged, body, mayWait = false) =>
      new Promise((resolve, reject) => {
        waiting.push({ staged, body, resolve, reject })
        pacing.added(mayWait)
        scheduled ??= setImmediate(turn)
      }),
  }
}

/** Decides whether to wait for more commits before a transaction. */
class Pacing {
  readonly #nowMs: () => number
  #inARow = 0
  #endedMs = Number.NEGATIVE_INFINITY
  #waitingSinceMs = 0
  #mayWait = true
  #count = 0
  #quietTurns = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  added(mayWait: boolean): void {
    if (this.#count === 0) this.#waitingSinceMs = this.#nowMs()
    this.#mayWait &&= mayWait
  }

  /** Called once a turn, with the number of waiting commits. */
  shouldWait(count: number): boolean {
    this.#quietTurns = count === this.#count ? this.#quietTurns + 1 : 0
    this.#count = count
    return (
      this.#mayWait &&
      this.#inARow >= frequentAfter &&
      this.#quietTurns < quietTurnsMax &&
      this.#nowMs() - this.#waitingSinceMs < longestWaitMs
    )
  }

  began(): void {
    this.#inARow = this.#nowMs() - this.#endedMs < frequentWithinMs ? this.#inARow + 1 : 0
    this.#mayWait = true
    this.#count = 0
    this.#quietTurns = 0
  }

  ended(): void {
    this.#endedMs = this.#nowMs()
  }
}
