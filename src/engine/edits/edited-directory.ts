import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const editedName = /\.edited-\d{8}T\d{6}(?:-\d+)?$/

/** Returns the name of the directory beside a step's one for what a person changed there; `number` tells equal times apart. */
export function editedDirectory(stepDir: string, now: Date, number: number): string {
  const time = now.toISOString().replace(/[-:]/g, '').slice(0, 15)
  return `${stepDir}.edited-${time}${number === 1 ? '' : `-${number}`}`
}

/** Returns whether a directory holds what a person changed. */
export function isEditedDirectory(name: string): boolean {
  return editedName.test(name)
}

/** Returns what is kept in a job of what a person changed; directories are relative to the job, files to theirs. */
export function editedDirectories(
  jobDir: string,
  below = '',
): readonly { readonly directory: string; readonly files: readonly string[] }[] {
  const entries = readdirSync(join(jobDir, below), { withFileTypes: true })
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
  return names.flatMap((name) => {
    const directory = join(below, name)
    if (isEditedDirectory(name)) return [{ directory, files: filesIn(join(jobDir, directory)) }]
    if (below === '' && !/^\d+_/.test(name)) return []
    const isStep = statSync(join(jobDir, directory, 'manifest.json'), { throwIfNoEntry: false })?.isFile() === true
    return isStep ? [] : editedDirectories(jobDir, directory)
  })
}

function filesIn(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name).slice(dir.length + 1)]))
    .sort()
}
