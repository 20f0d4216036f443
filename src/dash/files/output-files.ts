import { lstatSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { shellWord } from '../../core/shell-word.ts'
import { printable } from '../../report/text/printable.ts'
import type { ShownFile } from '../api/messages.ts'
import { typeByName } from './file-type.ts'
import { lookWithin, type OpenedFile, openWithin } from './open-within.ts'
import type { StepPlace } from './step-places.ts'

const entriesMax = 2000

export interface OutputListing {
  readonly files: readonly ShownFile[]
  readonly more: number
}

/** Returns the files of a step's output: one, or those of a tree by their paths in it. Links are left out. */
export function outputFiles(
  jobDir: string,
  { directory, manifest }: StepPlace,
  output: string,
): OutputListing | undefined {
  const artifact = Object.hasOwn(manifest.output_artifacts, output) ? manifest.output_artifacts[output] : undefined
  if (artifact === undefined) return undefined
  if (artifact.path === '') return { files: [], more: 0 }
  const path = join(directory, artifact.path).replace(/\/$/, '')
  const stats = lookWithin(jobDir, path)
  if (stats?.isFile() === true) return { files: [shown('', path, stats.size)], more: 0 }
  if (stats?.isDirectory() !== true) return { files: [], more: 0 }
  const entries = entriesIn(join(jobDir, path))
  const files = entries.slice(0, entriesMax).flatMap((entry) => {
    const of = lookWithin(join(jobDir, path), entry)
    return of?.isFile() === true ? [shown(entry, join(path, entry), of.size)] : []
  })
  return { files, more: Math.max(0, entries.length - entriesMax) }
}

/** Opens a file of an output that is in its listing; nothing else can be named. */
export function openOutput(
  jobDir: string,
  place: StepPlace,
  output: string,
  entry: string,
): (OpenedFile & { readonly name: string; readonly digest?: string }) | undefined {
  const listed = outputFiles(jobDir, place, output)?.files.find((file) => file.entry === entry)
  const artifact = place.manifest.output_artifacts[output]
  if (listed === undefined || artifact === undefined) return undefined
  const path = join(place.directory, artifact.path, entry).replace(/\/$/, '')
  const opened = openWithin(jobDir, path)
  if (opened === undefined) return undefined
  return { ...opened, name: basename(path), ...(entry === '' ? { digest: artifact.digest } : {}) }
}

/** Returns what a file of an output is called, whether or not it is in the job directory. */
export function outputName({ manifest }: StepPlace, output: string, entry: string): string | undefined {
  const artifact = Object.hasOwn(manifest.output_artifacts, output) ? manifest.output_artifacts[output] : undefined
  return artifact === undefined ? undefined : basename(join(artifact.path, entry).replace(/\/$/, ''))
}

function shown(entry: string, path: string, sizeBytes: number): ShownFile {
  const name = entry === '' ? basename(path) : entry
  return { entry, name: printable(name), word: printable(shellWord(path)), sizeBytes, kind: typeByName(name).kind }
}

function entriesIn(dir: string, below = ''): readonly string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isFile()) found.push(path)
    // A link that took the place of a directory is none.
    else if (entry.isDirectory() && lstatSync(join(dir, path)).isDirectory()) found.push(...entriesIn(dir, path))
    if (found.length > 2 * entriesMax) break
  }
  return found.sort()
}
