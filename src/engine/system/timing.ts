/** What makes waits and time limits pass; a test gives another and waits for nothing. */
export interface Timing {
  /** Calls back once after so long, unless the function that it returns is called before. */
  after(delayMs: number, callback: () => void): () => void
  /** Returns a number from 0 to 1, for waits that chance has a part in. */
  random(): number
}

/** The longest delay that a timer of Node's takes; a longer one would pass at once. */
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

/** Returns what a promise gives, or rejects with the signal's reason as soon as that is aborted. */
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

/** Resolves after so long, or as soon as one of the signals is aborted. */
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
