import type { Timing } from '../../src/engine/index.ts'

/** Something that waits for time to pass. */
export interface FakeWait {
  readonly delayMs: number
  readonly isCancelled: boolean
  /** Lets the time pass. */
  pass(): void
}

/** A clock that stands still: a wait is over when the test says so. */
export interface FakeTiming extends Timing {
  /** Resolves with the next wait that has begun, once for each. */
  wait(): Promise<FakeWait>
  /** How many waits have begun, whether the test asked for them or not. */
  readonly begun: number
}

/** Makes a clock that a test controls; chance always gives `random`. */
export function createFakeTiming(random = 0): FakeTiming {
  const waits: FakeWait[] = []
  const listeners: ((wait: FakeWait) => void)[] = []
  let begun = 0
  return {
    random: () => random,
    after(delayMs, callback) {
      let isCancelled = false
      const wait: FakeWait = {
        delayMs,
        get isCancelled() {
          return isCancelled
        },
        pass: () => {
          if (!isCancelled) callback()
        },
      }
      begun += 1
      const listener = listeners.shift()
      if (listener === undefined) waits.push(wait)
      else listener(wait)
      return () => {
        isCancelled = true
      }
    },
    wait() {
      const next = waits.shift()
      return next === undefined ? new Promise((resolve) => listeners.push(resolve)) : Promise.resolve(next)
    },
    get begun() {
      return begun
    },
  }
}
