const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** What interrupts a run: the process, or a fake of it in tests. */
export interface SignalSource {
  on(signal: Signal, handler: () => void): unknown
  off(signal: Signal, handler: () => void): unknown
}

export interface Interrupt {
  /** Aborted by the first signal: running steps are asked to stop. */
  readonly signal: AbortSignal
  /** Aborted by the second signal: running steps are killed immediately. */
  readonly kill: AbortSignal
  /** Stops handling the signals. */
  dispose(): void
}

/** Turns Ctrl-C, SIGTERM and a closed terminal into abort signals; calls `onFirst` at the first one. */
export function interruptOn(source: SignalSource, onFirst: (signal: Signal) => void): Interrupt {
  const gentle = new AbortController()
  const forceful = new AbortController()
  const handlers = signals.map((signal) => {
    const handler = () => {
      if (gentle.signal.aborted) {
        forceful.abort(new Error('kill'))
        return
      }
      gentle.abort(new Error(`interrupted by ${signal}`))
      onFirst(signal)
    }
    source.on(signal, handler)
    return { signal, handler }
  })
  return {
    signal: gentle.signal,
    kill: forceful.signal,
    dispose: () => {
      for (const { signal, handler } of handlers) source.off(signal, handler)
    },
  }
}
