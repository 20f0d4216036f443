import { cpSync } from 'node:fs'

/** Copies a store, or a folder with one in it, without the pipes of its pid namespaces, which Node cannot copy. */
export function copyStore(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !path.includes('/leases/open.') })
}
