import type { JsonValue, LocalStore } from '../../../../store/index.ts'
import { isRecord } from '../../../core/index.ts'
import { type DiskLooks, looksTheSame } from './disk-looks.ts'

/** What a stage reaches, as it is remembered. */
export interface ReachedCode {
  /** Digests by the files' names. */
  readonly files: Readonly<Record<string, string>>
  /** The folders of packages, each with a file that imports it. */
  readonly packages: readonly (readonly [dir: string, from: string])[]
}

/** What code means, as long as its files and what its imports mean are the same. */
interface CodeMemo {
  /** Hashes of all files that were read, by path. */
  readonly read: Readonly<Record<string, string>>
  readonly seen: Readonly<Record<string, string>>
  readonly reached: Readonly<Record<string, ReachedCode>>
}

/** When the last of some files changed. */
export interface LastChange {
  readonly path: string
  readonly atMs: number
}

/** Remembers what stages reach, so that a run with nothing to do only looks whether files are those of before. */
export class SourceMemory {
  readonly #store: LocalStore
  readonly #memos = new Map<string, { readonly memo: CodeMemo; readonly last: LastChange } | undefined>()

  constructor(store: LocalStore) {
    this.#store = store
  }

  /** Returns what a stage of a config or a file reaches, if that is remembered and still so. */
  recall(entry: string, stage: string): { readonly reached: ReachedCode; readonly last: LastChange } | undefined {
    if (!this.#memos.has(entry)) this.#memos.set(entry, this.#recall(entry))
    const known = this.#memos.get(entry)
    const reached = known?.memo.reached[stage]
    return known === undefined || reached === undefined ? undefined : { reached, last: known.last }
  }

  #recall(entry: string) {
    const memo = this.#store.ledger.memos.get(nameOf(entry))
    if (!isCodeMemo(memo)) return undefined
    let last: LastChange = { path: entry, atMs: 0 }
    for (const [path, hash] of Object.entries(memo.read)) {
      const known = this.#store.ledger.fileDigests.known(path)
      if (known?.digest.hash !== hash) return undefined
      const atMs = Number(known.stamp.ctimeNs / 1_000_000n)
      if (atMs > last.atMs) last = { path, atMs }
    }
    return looksTheSame(memo.seen) ? { memo, last } : undefined
  }

  /** Remembers what stages reach, beside what was remembered and is still so. */
  keep(
    entry: string,
    read: Readonly<Record<string, string>>,
    looks: DiskLooks,
    found: ReadonlyMap<string, ReachedCode>,
  ) {
    // What cannot be told apart from what may come next is not remembered.
    if (Object.values(looks.seen).includes('')) return
    const before = this.#memos.get(entry)?.memo
    const memo = {
      read: { ...before?.read, ...read },
      seen: { ...before?.seen, ...looks.seen },
      reached: { ...before?.reached, ...Object.fromEntries(found) },
    }
    this.#store.ledger.memos.set(nameOf(entry), JSON.parse(JSON.stringify(memo)))
  }
}

/** Raise the number when the same code comes to other digests. */
function nameOf(entry: string): string {
  return `code 1 of ${entry}`
}

function isCodeMemo(memo: JsonValue | undefined): memo is JsonValue & CodeMemo {
  return isRecord(memo) && isRecord(memo.read) && isRecord(memo.seen) && isRecord(memo.reached)
}
