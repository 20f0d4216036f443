import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type AnyStage, normalOutput, outputPath } from '../../core/index.ts'
import { whyNotRemoved } from '../system/remove-tree.ts'
import type { Workspace } from './workspace.ts'

/** Returns the names in a step's directory below which the outputs of its stage lie. */
export function outputNames({ outputs }: Pick<AnyStage, 'outputs'>): ReadonlySet<string> {
  return new Set(
    Object.entries(outputs).map(([name, declaration]) => firstName(outputPath(name, normalOutput(declaration)))),
  )
}

/** Returns the first name of a relative path. */
export function firstName(path: string): string {
  const slash = path.indexOf('/')
  return slash < 0 ? path : path.slice(0, slash)
}

/** Removes from `outDir` what the stage wrote beside its declared outputs. Throws what the file system throws. */
export function removeUndeclared({ outDir }: Workspace, stage: AnyStage): void {
  const declared = outputNames(stage)
  const others = () => readdirSync(outDir).filter((name) => !declared.has(name))
  const found = others()
  if (found.length === 0) return
  for (const name of found) whyNotRemoved(join(outDir, name))
  if (others().length > 0) leaveBehind(outDir, declared)
}

/**
 * Moves the outputs out of a directory with something that cannot be removed, as a tool leaves it that runs as another
 * user: it can neither be moved, but the directory that it is in can. It goes with the workspace, or stays there.
 */
function leaveBehind(outDir: string, declared: ReadonlySet<string>): void {
  const aside = `${outDir}.left`
  renameSync(outDir, aside)
  mkdirSync(outDir)
  for (const name of declared) {
    if (existsSync(join(aside, name))) renameSync(join(aside, name), join(outDir, name))
  }
}
