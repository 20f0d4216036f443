import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { digestBytes, type JsonValue, type LocalStore } from '../../../../store/index.ts'
import { isObject } from '../../../core/index.ts'
import { type ImportedCode, importedCode } from './imported-code.ts'
import type { PackageFiles } from './package-files.ts'
import type { SourceForm } from './source-form.ts'

/** A file of the project, and what its imports mean. */
export interface SourceFile {
  readonly path: string
  /** Of its bytes. */
  readonly hash: string
  readonly form: SourceForm
  readonly changedAtMs: number
  readonly imported: ReadonlyMap<string, ImportedCode>
}

/** Part of the names of remembered forms: raise it when the form changes. */
const formVersion = 2

/**
 * Reads source files. A file whose stat did not change is not read, and the parser is loaded only for one whose content
 * was never seen.
 */
export class SourceFiles {
  readonly #store: LocalStore
  readonly #packages: PackageFiles
  readonly #files = new Map<string, SourceFile | undefined>()

  constructor(store: LocalStore, packages: PackageFiles) {
    this.#store = store
    this.#packages = packages
  }

  /** Returns a file that was read; undefined if that was not possible. */
  get(path: string): SourceFile | undefined {
    return this.#files.get(path)
  }

  /** Returns the hashes of all files that were read, by path; undefined if one could not be. */
  get hashes(): Readonly<Record<string, string>> | undefined {
    const hashes: Record<string, string> = {}
    for (const [path, file] of this.#files) {
      if (file === undefined) return undefined
      hashes[path] = file.hash
    }
    return hashes
  }

  /** Returns the file that changed last. */
  get last(): SourceFile | undefined {
    const files = [...this.#files.values()].filter((file) => file !== undefined)
    return files.sort((a, b) => b.changedAtMs - a.changedAtMs)[0]
  }

  /** Reads some files, and all that they may load. */
  async read(paths: readonly string[]): Promise<void> {
    const all = new Set(paths)
    for (const path of all) {
      if (!this.#files.has(path)) this.#files.set(path, await this.#read(path))
      for (const { files } of this.#files.get(path)?.imported.values() ?? []) for (const file of files) all.add(file)
    }
  }

  async #read(path: string): Promise<SourceFile | undefined> {
    const digested = await this.#store.ledger.fileDigests.digest(path)
    if (!digested.ok) return undefined
    const { hash } = digested.value.digest
    const form = await this.#form(path, hash)
    if (form === undefined) return undefined
    const imported = new Map<string, ImportedCode>()
    for (const written of importsOf(form)) imported.set(written, importedCode(written, path, this.#packages))
    const changedAtMs = Number(digested.value.stamp.ctimeNs / 1_000_000n)
    return { path, hash, form, changedAtMs, imported }
  }

  async #form(path: string, hash: string): Promise<SourceForm | undefined> {
    const memo = `source form ${formVersion} ${extname(path)} ${hash}`
    const remembered = this.#store.ledger.memos.get(memo)
    if (isForm(remembered)) return remembered
    const { sourceForm } = await import('./source-form.ts')
    const bytes = bytesAt(path)
    if (bytes === undefined || digestBytes(bytes).hash !== hash) return undefined
    const form = sourceForm(path, bytes)
    this.#store.ledger.memos.set(memo, JSON.parse(JSON.stringify(form)))
    return form
  }
}

function importsOf({ imports, exports, stars, before, parts }: SourceForm): ReadonlySet<string> {
  const named = [...Object.values(imports), ...Object.values(exports)].map(([from]) => from)
  const all = new Set([...named, ...stars, ...before, ...parts.flatMap(({ loads = [] }) => loads)])
  all.delete('')
  return all
}

/** What is remembered was written by this program, sealed by a checksum: only its kind is looked at. */
function isForm(memo: JsonValue | undefined): memo is JsonValue & SourceForm {
  return isObject(memo) && Array.isArray(memo.parts) && isObject(memo.imports) && isObject(memo.exports)
}

function bytesAt(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
