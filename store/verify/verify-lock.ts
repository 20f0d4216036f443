import type { StoreContext } from '../local/store-context.ts'

/** Runs `body` while no other process can write to the store; in a read-only store, after a refresh. */
export function inWriteLock<T>({ db }: StoreContext, body: () => T): T {
  if (!db.readOnly) return db.write(body)
  db.refresh()
  return body()
}
