import type { LocalStore } from '../contract/local/local-store.ts'
import type { LocalLeases } from '../leases/local-leases.ts'
import type { IndexLedger } from '../ledger/index-ledger.ts'
import type { ActionTable } from '../tables/action-table.ts'
import type { Uses } from '../tables/uses.ts'
import type { StoreContext } from './store-context.ts'

/** A store in a directory, with what collecting, inspecting and verifying it need besides the contract. */
export interface DirectoryStore extends LocalStore {
  readonly leases: LocalLeases
  /** @internal */
  readonly ledger: IndexLedger
  /** @internal */
  readonly context: StoreContext
  /** @internal */
  readonly actionTable: ActionTable
  /** @internal */
  readonly uses: Uses
}
