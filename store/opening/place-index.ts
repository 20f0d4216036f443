import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { syncDirectory } from '../disk/sync-directory.ts'

/**
 * Puts a new index into the place of the old one; returns where that one is now. Between the two renames there is no
 * index: whoever finds it so, because this process was killed there, makes the second (`finishRebuild`).
 */
export function putIntoPlace(layout: Layout, building: string): string | undefined {
  syncDirectory(building)
  renameSync(building, rebuiltPath(layout))
  syncDirectory(layout.dir)
  const movedTo = moveAside(layout)
  renameSync(rebuiltPath(layout), layout.index)
  syncDirectory(layout.dir)
  return movedTo
}

function moveAside({ index, quarantine }: Layout): string | undefined {
  if (!existsSync(index)) return undefined
  makeDirectory(quarantine, 0o700)
  const target = join(quarantine, `index.${Date.now()}`)
  renameSync(index, target)
  syncDirectory(quarantine)
  return target
}

/** Finishes a rebuild that was killed before the new index was in its place; for whoever holds the lock. */
export function finishRebuild(layout: Layout): void {
  if (!existsSync(layout.index) && existsSync(join(rebuiltPath(layout), 'data.mdb'))) {
    renameSync(rebuiltPath(layout), layout.index)
    syncDirectory(layout.dir)
  } else removeUnplaced(layout)
}

/** Returns whether there is a new index that was not put into its place, or is about to be. */
export function hasUnplaced(layout: Layout): boolean {
  return existsSync(rebuiltPath(layout))
}

/** Removes a new index that was never put into its place. */
export function removeUnplaced(layout: Layout): void {
  rmSync(rebuiltPath(layout), { recursive: true, force: true })
}

/** Returns where a new index is when it is whole and not yet in its place. */
function rebuiltPath({ dir }: Layout): string {
  return join(dir, 'index.rebuilt')
}
