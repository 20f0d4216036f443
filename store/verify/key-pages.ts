import type { TableName } from '../lmdb/index-environment.ts'
import type { StoreContext } from '../local/store-context.ts'

interface Options {
  readonly keysMax: number
  readonly after?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

/** Yields the keys of a table page by page, with a turn of the event loop in between; sees later keys, too. */
export async function* keyPages(
  { db }: StoreContext,
  name: TableName,
  { keysMax, after, signal }: Options,
): AsyncGenerator<readonly Uint8Array[]> {
  for (let last = after; ; ) {
    signal?.throwIfAborted()
    db.refresh()
    const page: Uint8Array[] = []
    for (const { key } of db.table(name).entries(last)) {
      if (last !== undefined && Buffer.compare(key, last) === 0) continue
      // Copied, because the iterator may use the key's memory again.
      page.push(Uint8Array.from(key))
      if (page.length === keysMax) break
    }
    last = page.at(-1)
    if (last === undefined) return
    yield page
    await new Promise(setImmediate)
  }
}
