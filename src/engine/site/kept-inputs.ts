import { lstatSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonValue } from '../../../store/index.ts'
import { artifactsOf, jsonValueAt, type ResolvedInputs, shortBytes } from '../execute/inputs.ts'
import { keptInputsDirectory } from '../job/job-directory.ts'
import type { Secrets } from '../key/secrets.ts'

/** A larger value is not kept, and its change is told by digests. */
export const keptValueBytes = 4 * 1024 * 1024
/** What a job keeps in all: beyond it, what was written first goes first. A run writes no more, and no more files. */
const keptBytesMax = 32 * 1024 * 1024
const keptFilesMax = 1000

/** Keeps the large JSON values that the steps of one run read. What cannot be kept is missed by explanations alone. */
export class KeptInputs {
  readonly #dir: string
  readonly #secrets: Pick<Secrets, 'hide'>
  readonly #bytesMax: number
  readonly #known = new Set<string>()
  #bytes = 0
  #hasWritten = false

  constructor(jobDir: string, secrets: Pick<Secrets, 'hide'>, bytesMax = keptBytesMax) {
    this.#bytesMax = bytesMax
    this.#dir = join(jobDir, keptInputsDirectory)
    this.#secrets = secrets
  }

  /** Keeps those of a step. Short ones are in its manifest. */
  keep(inputs: ResolvedInputs): void {
    for (const input of Object.values(inputs)) {
      const list = artifactsOf(input)
      const bytes = list.reduce((sum, { artifact }) => sum + (artifact.kind === 'json' ? artifact.sizeBytes : 0), 0)
      if (bytes <= shortBytes || bytes > keptValueBytes) continue
      for (const { artifact, path, text } of list) {
        const { hash } = artifact.digest
        if (artifact.kind !== 'json' || this.#known.has(hash)) continue
        if (this.#bytes + artifact.sizeBytes > this.#bytesMax || this.#known.size >= keptFilesMax) return
        this.#known.add(hash)
        this.#bytes += artifact.sizeBytes
        this.#write(hash, () => text ?? readFileSync(path, 'utf8'))
      }
    }
  }

  #write(hash: string, read: () => string): void {
    try {
      mkdirSync(this.#dir, { recursive: false, mode: 0o700 })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return
    }
    try {
      const path = join(this.#dir, fileOf(hash))
      // A link would be followed out of the job.
      if (!lstatSync(this.#dir).isDirectory() || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return
      const text = read()
      if (this.#secrets.hide(text) !== text) return
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
      this.#hasWritten = true
    } catch {
      // A full disk, a file that is gone: the run does not need it.
    }
  }

  /** Removes what is too much. */
  trim(): void {
    if (!this.#hasWritten) return
    try {
      const files = readdirSync(this.#dir).map((name) => {
        const { mtimeMs, size } = lstatSync(join(this.#dir, name))
        return { name, mtimeMs, size }
      })
      files.sort((one, other) => other.mtimeMs - one.mtimeMs)
      let bytes = 0
      for (const [index, { name, size }] of files.entries()) {
        bytes += size
        if (bytes > this.#bytesMax || index >= keptFilesMax) unlinkSync(join(this.#dir, name))
      }
    } catch {
      // The next run tries again.
    }
  }
}

/** Returns a kept value by the digest that a key has of it; undefined where it was not kept, or is not what it was. */
export function keptValue(jobDir: string, hash: string): JsonValue | undefined {
  const path = join(jobDir, keptInputsDirectory, fileOf(hash))
  const size = lstatSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined || size > 2 * keptValueBytes) return undefined
  return jsonValueAt({ artifact: { kind: 'json', digest: { hash, sizeBytes: size }, sizeBytes: size }, path })
}

function fileOf(hash: string): string {
  return `${hash}.json`
}
