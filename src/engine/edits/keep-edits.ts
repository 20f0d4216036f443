import { existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { LocalStore } from '../../../store/index.ts'
import { type AnyStage, type EventBody, normalOutput, outputPath, type Step } from '../../core/index.ts'
import { editedDirectory } from './edited-directory.ts'
import { type DeclaredOutputs, findEdits } from './find-edits.ts'

/** What of a run it takes to keep edits. */
export interface EditsContext {
  readonly store: LocalStore
  readonly jobDir: string
  readonly emit: (event: EventBody) => void
  /** The digests of files that are kept elsewhere already, by absolute path. */
  readonly taken?: ReadonlyMap<string, string>
}

interface EditedStep {
  readonly context: EditsContext
  readonly step: Pick<Step, 'id' | 'stage'>
  readonly dir: string
}

/** Keeps aside what a person changed among the outputs in a step's directory, which are about to be replaced. */
export function keepEditsOf({ context, step, dir }: EditedStep): Promise<void> {
  return keepEdits(context, step.id, dir, { declared: declaredOutputs(step.stage) })
}

/**
 * Moves what a person changed in a step's directory into one beside it, and says so. With `others`, also what lies
 * there and is not the runner's. Throws what the file system throws.
 */
export async function keepEdits(
  context: EditsContext,
  step: string,
  dir: string,
  options: { readonly declared?: DeclaredOutputs; readonly others?: boolean } = {},
): Promise<void> {
  if (!isDirectoryIn(context.jobDir, dir)) return
  const found = await findEdits(context.store, dir, options)
  const files: string[] = []
  for (const path of found) if (!(await isTaken(context, join(dir, path)))) files.push(path)
  if (files.length === 0) return
  const aside = freeDirectory(dir)
  for (const path of files) {
    const place = join(aside, path)
    mkdirSync(dirname(place), { recursive: true })
    renameSync(join(dir, path), place)
  }
  const directory = relative(context.jobDir, aside)
  const [what, verb] = files.length === 1 ? ['the changed file is', 'was'] : ['the changed files are', 'were']
  const message = `${listText(files)} of step ${step} ${verb} changed or added by hand; ${what} kept in ${directory}`
  context.emit({ event: 'pipeline_warning', message, kept: { stage: step, directory, files } })
}

/** A person may have changed a file again since it was taken. */
async function isTaken({ store, taken }: EditsContext, path: string): Promise<boolean> {
  const hash = taken?.get(path)
  if (hash === undefined) return false
  const now = await store.ledger.fileDigests.digest(path)
  return now.ok && now.value.digest.hash === hash
}

/** A link in a job may lead out of it. */
function isDirectoryIn(jobDir: string, dir: string): boolean {
  try {
    for (let path = dir; path !== jobDir; path = dirname(path)) {
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false
    }
    return true
  } catch {
    return false
  }
}

function freeDirectory(dir: string): string {
  const now = new Date()
  for (let number = 1; ; number++) {
    const path = editedDirectory(dir, now, number)
    if (!existsSync(path)) return path
  }
}

const shownMax = 3

function listText(files: readonly string[]): string {
  const shown = files.slice(0, shownMax).join(', ')
  return files.length > shownMax ? `${shown} and ${files.length - shownMax} more` : shown
}

function declaredOutputs({ outputs }: Pick<AnyStage, 'outputs'>): DeclaredOutputs {
  return Object.entries(outputs).map(([name, declaration]) => {
    const normal = normalOutput(declaration)
    return { name, kind: normal.kind, path: outputPath(name, normal).replace(/\/$/, '') }
  })
}
