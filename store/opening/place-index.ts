import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { syncDirectory } from '../disk/sync-directory.ts'

/**
 * Puts a new index into the place of the old one, which goes to `oldPath`. Between the two renames there is no index:
 * whoever finds it so, because this process was killed there, makes the second (`finishRebuild`).
 */
export function putIntoPlace(layout: Layout, building: string, oldPath: string): void {
  syncDirectory(building)
  renameSync(building, rebuiltPath(layout))
  syncDirectory(layout.dir)
  if (existsSync(layout.index)) {
    makeDirectory(layout.quarantine, 0o700)
    renameSync(layout.index, oldPath)
  }
  renameSync(rebuiltPath(layout), layout.index)
  syncDirectory(layout.dir)
}

/** Finishes a rebuild that was killed before the new index was in its place; for whoever holds the lock. */
export function finishRebuild(layout: Layout): void {
  const rebuilt = rebuiltPath(layout)
  if (existsSync(layout.index)) rmSync(rebuilt, { recursive: true, force: true })
  else if (existsSync(join(rebuilt, 'data.mdb'))) renameSync(rebuilt, layout.index)
}

/** Returns where a new index is when it is whole and not yet in its place. */
export function rebuiltPath({ dir }: Layout): string {
  return join(dir, 'index.rebuilt')
}
