/** The clock for waits and time limits; tests give their own and wait for nothing. */
export interface Timing {
  /** Calls back once after a delay, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void
  /** Returns a random number from 0 to 1, for jitter. */
  random(): number
}

/** The longest delay of a Node timer; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** The timing of the machine. */
export const systemTiming: Timing = {
  after(delayMs, callback) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number) => {
      const partMs = Math.min(leftMs, longestTimerMs)
      timer = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : callback()), partMs)
    }
    wait(delayMs)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}

/** Returns a promise's value, or rejects with the signal's reason as soon as the signal is aborted. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    over.abort()
  }
}

/** Resolves after a delay, or as soon as one of the signals is aborted. */
export function waitFor(timing: Timing, delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      for (const signal of signals) signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = timing.after(delayMs, done)
    for (const signal of signals) signal.addEventListener('abort', done)
    if (signals.some(({ aborted }) => aborted)) done()
  })
}
