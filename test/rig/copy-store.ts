import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stampText } from '../../store/index.ts'

/**
 * Copies a store, or a folder with one in it, without the pipes of its pid namespaces, which Node cannot copy. The copy's
 * index counts as closed well, so that it is not made anew for being a copy.
 */
export function copyStore(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !path.includes('/leases/open.') })
  for (const dir of [to, ...readdirSync(to).map((name) => join(to, name))]) {
    const data = join(dir, 'index', 'data.mdb')
    if (!existsSync(data)) continue
    writeFileSync(join(dir, 'index', 'CLOSED'), `${stampText(statSync(data, { bigint: true }))}\n`)
  }
}
