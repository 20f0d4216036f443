import { type Cancellation, defaultKillGraceMs } from '../system/cancellation.ts'
import type { ProcessTree } from './process-tree.ts'

/** Ends a process tree when a signal is aborted: TERM to every member, then KILL after a grace period. */
export class ProcessEnding {
  readonly #tree: ProcessTree
  readonly #options: Cancellation
  readonly #graceIsOver = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #isAsked = false
  readonly #ask = () => {
    this.#isAsked = true
    this.#tree.signal('SIGTERM')
    // A stopped process would not see TERM.
    this.#tree.signal('SIGCONT')
    this.#timer = setTimeout(this.#kill, this.#options.killGraceMs ?? defaultKillGraceMs)
  }
  readonly #kill = () => {
    this.#isAsked = true
    this.#graceIsOver.abort()
    this.#tree.signal('SIGKILL')
  }

  constructor(tree: ProcessTree, options: Cancellation) {
    this.#tree = tree
    this.#options = options
    const { signal, killSignal } = options
    if (killSignal?.aborted) this.#kill()
    else if (signal?.aborted) this.#ask()
    signal?.addEventListener('abort', this.#ask, { once: true })
    killSignal?.addEventListener('abort', this.#kill, { once: true })
  }

  /** Whether the tree must end. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  /** Resolves when no member is left: processes left behind have the rest of the grace period. */
  async done(): Promise<void> {
    await this.#tree.gone(this.#graceIsOver.signal)
    await this.#tree.kill()
  }

  release(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#ask)
    this.#options.killSignal?.removeEventListener('abort', this.#kill)
  }
}
