import { canonicalJson, type JsonObject } from '../../../store/index.ts'
import type { Fallback } from '../../core/index.ts'
import { type KeyContext, type PreparedStep, prepareStep } from '../site/prepared-step.ts'

const none: readonly Fallback[] = []

/**
 * What to try, one after the other, when a step's device is out of memory. The rung that worked
 * is remembered under the key that the step would have without, so that the next run begins there, and hits.
 */
export class MemoryLadder {
  readonly #context: KeyContext
  readonly #base: PreparedStep
  readonly #fallbacks: readonly Fallback[]
  #tried: Set<string> | undefined
  /** How many of the fallbacks have been gone past. */
  #position = 0

  constructor(context: KeyContext, base: PreparedStep) {
    this.#context = context
    this.#base = base
    this.#fallbacks = base.step.fallbacks ?? none
  }

  /** Whether nothing is left to try for certain. */
  get isAtEnd(): boolean {
    return this.#position >= this.#fallbacks.length
  }

  /** Returns the step as it is to be tried first. */
  async first(): Promise<PreparedStep> {
    if (this.isAtEnd) return this.#base
    const memo = this.#context.store.ledger.memos.get(this.#memoName)
    const known = this.#fallbacks.findIndex((fallback) => canonicalJson(rungJson(fallback)) === memo)
    if (known >= 0) {
      this.#position = known
      const remembered = await this.next()
      if (remembered !== undefined) return remembered
    }
    this.#position = 0
    this.#keysTried.add(this.#base.key)
    return this.#base
  }

  /** Returns the step as it is to be tried next, or undefined when nothing is left to try. */
  async next(): Promise<PreparedStep | undefined> {
    for (;;) {
      const fallback = this.#fallbacks[this.#position]
      if (fallback === undefined) return undefined
      this.#position += 1
      const { step, inputs, device } = this.#base
      const context = { ...this.#context, device: fallback.device ?? device, poolDevices: {} }
      const prepared = await prepareStep(context, { ...step, params: fallback.params }, inputs)
      // A rung that cannot be prepared lacks a tool here; one that asks for the same again is no other rung.
      if (!prepared.ok || this.#keysTried.has(prepared.value.key)) continue
      this.#keysTried.add(prepared.value.key)
      return { ...prepared.value, rung: this.#position }
    }
  }

  /** Remembers that what was tried last has worked. */
  remember(): void {
    const rung = this.#fallbacks[this.#position - 1]
    if (rung === undefined) return
    const { memos } = this.#context.store.ledger
    const memo = canonicalJson(rungJson(rung))
    if (memos.get(this.#memoName) !== memo) memos.set(this.#memoName, memo)
  }

  get #keysTried(): Set<string> {
    this.#tried ??= new Set()
    return this.#tried
  }

  get #memoName(): string {
    return `memory rung of ${this.#base.key}`
  }
}

function rungJson({ params, device }: Fallback): JsonObject {
  return { params, device: device ?? null }
}
