import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '../contract/digest.ts'
import { valueOr } from '../disk/io-failure.ts'
import { ownerOfName } from '../disk/layout.ts'
import { namesIn } from '../disk/names-in.ts'
import { livenessOf } from '../disk/process-identity.ts'
import type { StoreContext } from '../local/store-context.ts'
import { type Amount, amountOf } from './amount.ts'

/** A file in the store's directory that the index does not know, or a directory of such files. */
export interface LitterFile {
  readonly path: string
  readonly sizeBytes: number
}

export interface Litter {
  readonly orphanFiles: Amount
  readonly tmpFiles: Amount
  readonly quarantined: Amount
}

/** How long the quarantine keeps a file, for a person to look at. */
const quarantineMs = 14 * 24 * 3600 * 1000

/** Returns how much litter is in the store's directory; reads names and sizes only. */
export function findLitter(context: StoreContext, wholeQuarantine: boolean): Litter {
  return {
    orphanFiles: amountOf(orphanFiles(context)),
    tmpFiles: amountOf(abandonedTmpFiles(context)),
    quarantined: amountOf(quarantinedFiles(context, wholeQuarantine)),
  }
}

/** Returns the files in `blobs/` without a record; a file that is being committed now may be among them. */
export function* orphanFiles({ layout, blobTable }: StoreContext): Generator<LitterFile & { readonly hash: string }> {
  for (const dir of namesIn(layout.blobs)) {
    for (const name of namesIn(join(layout.blobs, dir))) {
      const hash = dir + name
      if (!isHash(hash) || blobTable.entry(hash)?.where === 'file') continue
      const file = fileAt(join(layout.blobs, dir, name))
      if (file !== undefined) yield { ...file, hash }
    }
  }
}

/** Returns what lies under `tmp/` of dead processes; one in another pid namespace counts as alive. */
export function* abandonedTmpFiles({ layout }: StoreContext): Generator<LitterFile> {
  for (const name of namesIn(layout.tmp)) {
    const owner = ownerOfName(name)
    if (owner !== undefined && livenessOf(owner) !== 'dead') continue
    yield entryAt(join(layout.tmp, name))
  }
}

/** Returns what has been in quarantine long enough, or all: files of blobs, and directories of indexes. */
export function* quarantinedFiles({ layout, clock }: StoreContext, whole: boolean): Generator<LitterFile> {
  for (const name of namesIn(layout.quarantine)) {
    const sinceMs = Number(name.split('.')[1] ?? 0)
    if (!whole && clock.nowMs() - sinceMs < quarantineMs) continue
    yield entryAt(join(layout.quarantine, name))
  }
}

/** Returns a file, or a directory with the files in it. */
function entryAt(path: string): LitterFile {
  return fileAt(path) ?? { path, sizeBytes: namesIn(path).reduce((sum, inside) => sum + sizeAt(join(path, inside)), 0) }
}

function sizeAt(path: string): number {
  return fileAt(path)?.sizeBytes ?? 0
}

function fileAt(path: string): LitterFile | undefined {
  const stats = valueOr(undefined, () => lstatSync(path, { throwIfNoEntry: false }))
  return stats?.isFile() === true ? { path, sizeBytes: stats.size } : undefined
}
