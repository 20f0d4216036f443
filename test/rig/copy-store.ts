import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
    const closed = join(dir, 'index', 'CLOSED')
    // ext4 writes a file that was emptied and filled to the disk when it is closed.
    rmSync(closed, { force: true })
    writeFileSync(closed, `${stampText(statSync(data, { bigint: true }))}\n`)
  }
}
