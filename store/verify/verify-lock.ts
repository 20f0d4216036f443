import type { StoreContext } from '../local/store-context.ts'

/**
 * Runs `body` while no other process can write to the store, so that it sees neither half of what another one is
 * doing; in a store that is open for reading only, with all that was committed until now.
 */
export function inWriteLock<T>({ db }: StoreContext, body: () => T): T {
  if (!db.readOnly) return db.write(body)
  db.refresh()
  return body()
}
