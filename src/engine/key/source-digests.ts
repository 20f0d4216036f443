import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestBytes, type JsonValue, type LocalStore } from '../../../store/index.ts'
import { type AnyStage, definedAtMs, isList, isObject } from '../../core/index.ts'
import type { SourceForm } from './source-form.ts'

/** What of a stage's own source is part of its key. */
export type StageSource =
  /** Digests by the files' paths, seen from the folder of the one that defines the stage. */
  | { readonly kind: 'known'; readonly files: Readonly<Record<string, string>> }
  /** Only the stage's version counts. */
  | { readonly kind: 'version' }
  /** It is unknown which code ran. */
  | { readonly kind: 'doubtful'; readonly doubt: string }

/** Part of the names of remembered forms: raise it when the form changes. */
const formVersion = 1
const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']

/**
 * Finds the digests of stages' own sources: of the file that defines a stage and of the project's files that it
 * imports.
 * A file whose stat did not change is not read, and the parser is loaded only for one whose content was never seen.
 */
export class SourceDigests {
  readonly #store: LocalStore
  readonly #sources = new Map<string, Promise<StageSource>>()
  readonly #forms = new Map<string, Promise<SourceForm | undefined>>()

  constructor(store: LocalStore) {
    this.#store = store
  }

  /** Learns the sources of some stages before they run, while the files are still those that were loaded. */
  async learn(stages: Iterable<AnyStage>): Promise<void> {
    for (const stage of new Set(stages)) await this.of(stage)
  }

  /** Returns the part of a stage's source that is in its key; determined once. */
  of(stage: AnyStage): Promise<StageSource> | StageSource {
    const { source, threads = {} } = stage
    if (source === undefined || source === 'version') return { kind: 'version' }
    const modules = Object.values(threads).map(({ href }) => href)
    const roots = [...(typeof source === 'string' ? [source] : source), ...modules].map(pathOf)
    const name = roots.join('\0')
    const known = this.#sources.get(name)
    if (known !== undefined) return known
    const finding = this.#find(roots, definedAtMs(stage))
    this.#sources.set(name, finding)
    return finding
  }

  async #find(roots: readonly string[], loadedAtMs: number): Promise<StageSource> {
    const [first = ''] = roots
    const files: Record<string, string> = {}
    const seen = new Set(roots)
    for (const path of seen) {
      const form = await this.#form(path)
      const stats = statSync(path, { throwIfNoEntry: false })
      const name = path === first ? basename(path) : relative(dirname(first), path)
      if (stats === undefined || form === undefined) return doubtful(`its source ${name} cannot be read`)
      if (Math.floor(stats.ctimeMs) > loadedAtMs) return doubtful(`its source ${name} changed after it was loaded`)
      files[name] = form.digest
      for (const written of form.imports) {
        const imported = importedFile(written, path)
        if (imported !== undefined) seen.add(imported)
      }
    }
    return { kind: 'known', files }
  }

  #form(path: string): Promise<SourceForm | undefined> {
    const known = this.#forms.get(path)
    if (known !== undefined) return known
    const finding = this.#findForm(path)
    this.#forms.set(path, finding)
    return finding
  }

  async #findForm(path: string): Promise<SourceForm | undefined> {
    const digested = await this.#store.ledger.fileDigests.digest(path)
    if (!digested.ok) return undefined
    const { hash } = digested.value.digest
    const memo = `source form ${formVersion} ${extname(path)} ${hash}`
    const remembered = formOfMemo(this.#store.ledger.memos.get(memo))
    if (remembered !== undefined) return remembered
    const { sourceForm } = await import('./source-form.ts')
    const bytes = bytesAt(path)
    if (bytes === undefined || digestBytes(bytes).hash !== hash) return undefined
    const form = sourceForm(path, bytes)
    this.#store.ledger.memos.set(memo, { ...form })
    return form
  }
}

function bytesAt(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

function doubtful(doubt: string): StageSource {
  return { kind: 'doubtful', doubt }
}

function pathOf(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : resolve(source)
}

function formOfMemo(memo: JsonValue | undefined): SourceForm | undefined {
  if (!isObject(memo)) return undefined
  const { digest, imports } = memo
  if (typeof digest !== 'string' || !isList(imports)) return undefined
  return { digest, imports: imports.filter((name) => typeof name === 'string') }
}

/** Returns the project's file that is imported; undefined for a package, whose version its own lock file keeps. */
function importedFile(written: string, from: string): string | undefined {
  if (written.startsWith('#')) return subpathImport(written, from)
  const isPath = /^(\.{1,2}|file:)?\//.test(written)
  if (!isPath) return undefined
  const path = written.startsWith('file:')
    ? fileURLToPath(written)
    : resolve(dirname(from), written.replace(/[?#].*$/, ''))
  const candidates = [
    path,
    path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2'),
    ...extensions.map((extension) => path + extension),
    ...extensions.map((extension) => join(path, `index${extension}`)),
  ]
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)
}

/** `#name` stands for what the project's own package.json says. */
function subpathImport(written: string, from: string): string | undefined {
  try {
    const path = createRequire(from).resolve(written)
    return path.includes('/node_modules/') ? undefined : path
  } catch {
    return undefined
  }
}
