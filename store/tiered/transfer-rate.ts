import type { LocalStore } from '../contract/local/local-store.ts'

/** What took less time says little about the rate. */
const tellingMs = 50
const tellingBytes = 256 * 1024
/** How much the newest measurement counts. */
const weight = 0.5
/** So much longer than computing may fetching take: estimates are rough, and a hit has no surprises. */
const graceMs = 2000
/** When a transfer whose rate was unknown before is judged. */
const judgedAfterMs = 3000

/** Bytes in a millisecond, as they came from a remote before. */
export class TransferRate {
  readonly #memos: LocalStore['ledger']['memos']
  readonly #memo: string

  constructor({ ledger }: Pick<LocalStore, 'ledger'>, remote: string) {
    this.#memos = ledger.memos
    this.#memo = `bytes in a millisecond from ${remote}`
  }

  note(bytes: number, ms: number): void {
    if (bytes < tellingBytes || ms < tellingMs) return
    const before = this.#known
    const now = bytes / ms
    this.#memos.set(this.#memo, before === undefined ? now : before * (1 - weight) + now * weight)
  }

  /** Returns how long a transfer would take if that is longer than computing takes; undefined where it is not, or not known. */
  tooLong(bytes: number, computeMs: number): number | undefined {
    const known = this.#known
    if (known === undefined) return undefined
    const fetchMs = bytes / known
    return fetchMs > computeMs + graceMs ? fetchMs : undefined
  }

  /** Returns the same of what is left of a transfer, once it has run for a while. */
  isTooLong(
    moved: { readonly bytes: number; readonly of: number; readonly ms: number },
    computeMs: number,
  ): number | undefined {
    if (moved.ms < judgedAfterMs || moved.bytes >= moved.of) return undefined
    const leftMs = ((moved.of - moved.bytes) * moved.ms) / Math.max(1, moved.bytes)
    return leftMs > computeMs + graceMs ? moved.ms + leftMs : undefined
  }

  get #known(): number | undefined {
    const memo = this.#memos.get(this.#memo)
    return typeof memo === 'number' && memo > 0 ? memo : undefined
  }
}
