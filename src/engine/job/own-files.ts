import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { artifactOfPath, hashInText, isTemporaryName, type LocalStore } from '../../../store/index.ts'
import type { Manifest, ManifestOutput } from '../../core/index.ts'
import { isEditedDirectory } from '../edits/edited-directory.ts'
import { isStepRecord, temporaryRecord } from '../edits/recorded-step.ts'
import { jsonValueAt } from '../execute/inputs.ts'
import { jobFileNames, keptInputsDirectory, workDirectory } from './job-directory.ts'
import { readManifest } from './manifest-file.ts'

/** What the runner wrote in a job directory, and what it did not. Paths are relative to the job directory. */
export interface OwnFiles {
  /** Files, and trees that are removed with their contents. */
  readonly entries: readonly { readonly path: string; readonly sizeBytes: number }[]
  /** Directories that only hold others, the innermost first. */
  readonly directories: readonly string[]
  readonly kept: readonly { readonly path: string; readonly why: string }[]
}

const stepDirectoryName = /^\d+_/
/** Directories below this depth that hold files and no manifest are skipped: few fan-outs are so deep. */
const deepest = 3

/** Returns what in a job directory is the runner's own. An output that was changed since does not count. */
export async function ownFilesOf(store: Pick<LocalStore, 'ledger'>, jobDir: string): Promise<OwnFiles> {
  const census = new Census(store, jobDir)
  for (const name of readdirSync(jobDir).sort()) {
    if (jobFileNames.has(name) || temporaryRecord.test(name)) census.take(name, 'file')
    else if (name === workDirectory || name === keptInputsDirectory) census.take(name, 'directory')
    else if (stepDirectoryName.test(name)) await census.takeStep(name, 1)
    else census.keep(name, 'it is not part of the job')
  }
  return census
}

class Census implements OwnFiles {
  readonly entries: { path: string; sizeBytes: number }[] = []
  readonly directories: string[] = []
  readonly kept: { path: string; why: string }[] = []
  readonly #store: Pick<LocalStore, 'ledger'>
  readonly #jobDir: string

  constructor(store: Pick<LocalStore, 'ledger'>, jobDir: string) {
    this.#store = store
    this.#jobDir = jobDir
  }

  keep(path: string, why: string): void {
    this.kept.push({ path, why })
  }

  /** Counts an entry as the runner's own if the runner would have made it so. */
  take(path: string, kind: 'file' | 'directory'): void {
    const found = kindOf(join(this.#jobDir, path))
    if (found !== kind) this.keep(path, found === 'link' ? 'it is a symbolic link' : `it is not a ${kind}`)
    else this.entries.push({ path, sizeBytes: sizeOf(join(this.#jobDir, path)) })
  }

  /** Takes a step's directory in, or one that holds those of a fan-out. */
  async takeStep(dir: string, depth: number): Promise<void> {
    if (isEditedDirectory(dir)) {
      this.keep(dir, 'a person changed it')
      return
    }
    const found = kindOf(join(this.#jobDir, dir))
    if (found !== 'directory') {
      this.keep(dir, found === 'link' ? 'it is a symbolic link' : 'it is not part of the job')
      return
    }
    const reading = await readManifest(join(this.#jobDir, dir))
    if (reading.kind === 'broken') this.keep(dir, 'its manifest is invalid')
    else if (reading.kind === 'read') await this.#takeOutputs(dir, reading.manifest)
    else if (depth >= deepest && this.#holdsFiles(dir)) this.keep(dir, 'it has no manifest')
    else {
      for (const name of readdirSync(join(this.#jobDir, dir)).sort()) await this.takeStep(join(dir, name), depth + 1)
      this.directories.push(dir)
    }
  }

  #holdsFiles(dir: string): boolean {
    return readdirSync(join(this.#jobDir, dir), { withFileTypes: true }).some((entry) => !entry.isDirectory())
  }

  async #takeOutputs(dir: string, manifest: Manifest): Promise<void> {
    const outputs = new Map(Object.values(manifest.output_artifacts).map((output) => [stripped(output.path), output]))
    await this.#takeBelow(dir, '', outputs)
  }

  /** Takes what lies in a folder of a step's directory: its records, its outputs, and folders on the way to them. */
  async #takeBelow(dir: string, below: string, outputs: ReadonlyMap<string, ManifestOutput>): Promise<void> {
    for (const name of readdirSync(join(this.#jobDir, dir, below)).sort()) {
      const inside = below === '' ? name : `${below}/${name}`
      const path = join(dir, inside)
      const output = outputs.get(inside)
      const leads = [...outputs.keys()].some((other) => other.startsWith(`${inside}/`))
      if (output !== undefined) await this.#takeOutput(path, output)
      else if (below === '' && isStepRecord(name)) this.take(path, 'file')
      else if (isTemporaryName(name))
        this.take(path, kindOf(join(this.#jobDir, path)) === 'file' ? 'file' : 'directory')
      else if (leads && kindOf(join(this.#jobDir, path)) === 'directory') await this.#takeBelow(dir, inside, outputs)
      else this.keep(path, 'it is not an output of the step')
    }
    this.directories.push(below === '' ? dir : join(dir, below))
  }

  async #takeOutput(path: string, output: ManifestOutput): Promise<void> {
    const kind = output.kind === 'tree' ? 'directory' : 'file'
    const isIntact = kindOf(join(this.#jobDir, path)) !== kind || (await this.#isAsRecorded(path, output))
    if (isIntact) this.take(path, kind)
    else this.keep(path, 'it has changed since it was computed')
  }

  async #isAsRecorded(path: string, { kind, digest, size_bytes: sizeBytes }: ManifestOutput): Promise<boolean> {
    const place = join(this.#jobDir, path)
    const hash = hashInText(digest)
    if (hash === undefined) return false
    if (kind === 'json') {
      const artifact = { kind, digest: { hash, sizeBytes }, sizeBytes }
      return jsonValueAt({ artifact, path: place }) !== undefined
    }
    const found = await artifactOfPath(this.#store, kind, place)
    return found.ok && found.value.digest.hash === hash
  }
}

function stripped(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

function kindOf(path: string): 'file' | 'directory' | 'link' | 'other' {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() === true) return 'link'
  return stats?.isFile() === true ? 'file' : stats?.isDirectory() === true ? 'directory' : 'other'
}

/** Returns the bytes of a file, or of all files below a directory; links count as nothing and are not followed. */
function sizeOf(path: string): number {
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0)
}
