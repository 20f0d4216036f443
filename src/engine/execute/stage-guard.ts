import type { AsyncLocalStorage } from 'node:async_hooks'

/** A stack should reach the author's code through that of a library or two. */
const stackFrames = 50

/** Made when the first stage executes: a run with nothing to do keeps Node as it is. */
let guards: AsyncLocalStorage<StageGuard | undefined> | undefined
/** Rejected promises of programs that nobody has awaited yet. */
const unawaited = new WeakMap<Promise<unknown>, StageGuard>()

/**
 * Keeps a stage from ending the program, or another step: what gets away from it (an exception in a callback, a
 * promise that nobody awaits, a call of `process.exit`) is its own failure. Where an error comes from is known by the
 * asynchronous context that it was thrown in.
 */
export class StageGuard {
  /** Rejects with the first error that gets away. */
  readonly escaped: Promise<never>
  readonly #onLate: (error: unknown) => void
  readonly #unawaited = new Map<Promise<unknown>, unknown>()
  #escape: (error: unknown) => void = () => {}
  #last: unknown
  #state: 'running' | 'escaped' | 'done' | 'closed' = 'running'

  /** `onLate` is called with an error of a stage that has ended well. */
  constructor(onLate: (error: unknown) => void) {
    this.#onLate = onLate
    this.escaped = new Promise((_, reject) => {
      this.#escape = reject
    })
    this.escaped.catch(() => {})
  }

  /** Calls a function of the stage: whatever comes of that is the stage's. */
  call<Value>(code: () => Value): Value {
    guards ??= install()
    return guards.run(this, code)
  }

  /** Throws what has got away by now. Called when the stage's function has returned. */
  async settle(): Promise<void> {
    // Node tells of rejected promises when all that is ready has run.
    await new Promise((resolve) => setImmediate(resolve))
    for (const [, error] of this.#unawaited) this.note(error)
    if (this.#state === 'escaped') await this.escaped
  }

  /** Called when the step's end is known. */
  end(isWell: boolean): void {
    this.#state = isWell ? 'done' : 'closed'
  }

  /** A promise whose rejection fails the stage only if nobody has awaited it until the stage returns. */
  allowLate(promise: Promise<unknown>): void {
    unawaited.set(promise, this)
  }

  note(error: unknown): void {
    // A refused call is noted, and thrown on.
    if (error === this.#last && error instanceof Error) return
    this.#last = error
    if (this.#state === 'done') this.#onLate(error)
    if (this.#state !== 'running') return
    this.#state = 'escaped'
    this.#escape(error)
  }

  noteRejection(promise: Promise<unknown>, error: unknown): void {
    if (unawaited.has(promise)) this.#unawaited.set(promise, error)
    else this.note(error)
  }

  noteHandled(promise: Promise<unknown>): void {
    this.#unawaited.delete(promise)
  }
}

/** Calls what is not the stage's own, such as a listener of events, from within a stage. */
export function outsideOfStages<Value>(code: () => Value): Value {
  return guards?.getStore() === undefined ? code() : guards.run(undefined, code)
}

function install(): AsyncLocalStorage<StageGuard | undefined> {
  const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks')
  Error.stackTraceLimit = Math.max(Error.stackTraceLimit, stackFrames)
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', (error, promise) => {
    const guard = guards?.getStore()
    if (guard !== undefined) guard.noteRejection(promise, error)
    else if (process.listenerCount('unhandledRejection') === 1) throwToNode(error)
  })
  process.on('rejectionHandled', (promise) => unawaited.get(promise)?.noteHandled(promise))
  const { exit, abort, kill } = process
  process.exit = (...code) => {
    refuse(`process.exit(${code.join()})`)
    return exit.apply(process, code)
  }
  process.abort = () => {
    refuse('process.abort()')
    return abort.call(process)
  }
  process.kill = (pid, signal) => {
    if ((pid === process.pid || pid === 0) && signal !== 0) refuse(`process.kill(${pid})`)
    return kill.call(process, pid, signal)
  }
  // Node loses the context of these.
  const queue = globalThis.queueMicrotask
  globalThis.queueMicrotask = (callback) => {
    const guard = guards?.getStore()
    queue(guard === undefined ? callback : guarded(callback, guard))
  }
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
  return new AsyncLocalStorage()
}

function onUncaught(error: unknown): void {
  const guard = guards?.getStore()
  if (guard !== undefined) guard.note(error)
  else if (process.listenerCount('uncaughtException') === 1) throwToNode(error)
}

/** Lets Node end the program with an error that does not belong to a stage, as it would have done. */
function throwToNode(error: unknown): void {
  process.off('uncaughtException', onUncaught)
  setImmediate(() => {
    throw error
  })
}

function guarded(callback: () => void, guard: StageGuard): () => void {
  return () => {
    try {
      callback()
    } catch (error) {
      guard.note(error)
    }
  }
}

function refuse(call: string): void {
  const guard = guards?.getStore()
  if (guard === undefined) return
  const error = new Error(
    `the stage called ${call}, which would end the whole program; to fail the step, call fail(message)`,
  )
  guard.note(error)
  throw error
}
