import { lstatSync } from 'node:fs'
import type { Store } from '../../store/index.ts'
import type { Manifest } from '../core/index.ts'

/** What is remembered of a manifest, so that it need not be read. */
export interface ManifestMemo {
  readonly key: string
  readonly cache: Manifest['cache']
  /** The stat of the file that was written. */
  readonly stamp: string
}

/** Returns what tells a manifest that nobody has touched since, and when it was written; undefined where there is none. */
export function manifestStamp(path: string): { readonly text: string; readonly writtenMs: number } | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true })
    return { text: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, writtenMs: Number(mtimeNs / 1_000_000n) }
  } catch {
    return undefined
  }
}

/** The manifests of a job, as its runs remember them. Whoever has the job's lease is the only one who writes them. */
export class ManifestMemos {
  readonly #memos: Store['memos']
  /** What was asked for once is not asked for again: as a run begins it counts them, and later it uses each. */
  readonly #known = new Map<string, ManifestMemo | undefined>()

  constructor({ memos }: Pick<Store, 'memos'>) {
    this.#memos = memos
  }

  get(path: string): ManifestMemo | undefined {
    if (this.#known.has(path)) return this.#known.get(path)
    const memo = memoOf(this.#memos.get(nameOf(path)))
    this.#known.set(path, memo)
    return memo
  }

  set(path: string, memo: ManifestMemo): void {
    this.#known.set(path, memo)
    this.#memos.set(nameOf(path), `${memo.key} ${memo.cache} ${memo.stamp}`)
  }
}

function nameOf(path: string): string {
  return `manifest ${path}`
}

function memoOf(value: unknown): ManifestMemo | undefined {
  if (typeof value !== 'string') return undefined
  const [key = '', cache = '', stamp = ''] = value.split(' ')
  return cache === 'hit' || cache === 'miss' || cache === 'off' ? { key, cache, stamp } : undefined
}
