import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalJson, digestBytes, digestText, type LocalStore } from '../../../../store/index.ts'
import { type AnyStage, type CodeSite, definedAtMs, definitionOf, sourcedConfig } from '../../../core/index.ts'
import { shownName, sourceName } from './imported-code.ts'
import { PackageFiles } from './package-files.ts'
import { type SourceFile, SourceFiles } from './source-files.ts'
import { type LastChange, type ReachedCode, SourceMemory } from './source-memory.ts'
import { type Reached, type RootCode, SourceReach } from './source-reach.ts'

/** What of a stage's own source is part of its key. */
export type StageSource =
  | {
      readonly kind: 'known'
      /** Digests by the files' paths without extension, seen from the folder of the one that defines the stage. */
      readonly files: Readonly<Record<string, string>>
      /** Versions of the packages that it reaches, by name. */
      readonly packages: Readonly<Record<string, string>>
    }
  /** Only the stage's version counts. */
  | { readonly kind: 'version' }
  /** It is unknown which code ran. */
  | { readonly kind: 'doubtful'; readonly doubt: string }

/** A config, and when it was loaded. */
type LoadedCode = NonNullable<ReturnType<typeof sourcedConfig>>

/** Where a stage is defined. */
interface DefiningCode {
  /** All files where its code begins. */
  readonly top: readonly string[]
  readonly sources: readonly string[]
  readonly threads: readonly string[]
  readonly sites?: readonly CodeSite[]
  readonly config: LoadedCode | undefined
}

/**
 * Finds what of the code of stages is in their keys: the declarations of the project's files and the packages that a
 * stage reaches, and what runs when they are loaded.
 */
export class SourceDigests {
  readonly #pipeline: string
  readonly #packages: PackageFiles
  readonly #files: SourceFiles
  readonly #reach: SourceReach
  readonly #memory: SourceMemory
  /** What was found and is not remembered yet, by entry. */
  readonly #fresh = new Map<string, Map<string, ReachedCode>>()
  readonly #sources = new Map<AnyStage, Promise<StageSource>>()

  constructor(store: LocalStore, pipeline: string) {
    this.#pipeline = pipeline
    this.#packages = new PackageFiles(store)
    this.#files = new SourceFiles(store, this.#packages)
    this.#reach = new SourceReach(this.#files)
    this.#memory = new SourceMemory(store)
  }

  /** Learns the sources of some stages before they run, while the files are still those that were loaded. */
  async learn(stages: Iterable<AnyStage>): Promise<void> {
    for (const stage of new Set(stages)) await this.of(stage)
    const { hashes } = this.#files
    if (hashes === undefined) return
    for (const [entry, found] of this.#fresh) this.#memory.keep(entry, hashes, this.#packages.looks, found)
    this.#fresh.clear()
  }

  /** Returns the part of a stage's source that is in its key; determined once. */
  of(stage: AnyStage): Promise<StageSource> | StageSource {
    const { source } = stage
    // What an author says of a stage's source holds, whichever copy of the runner defined it.
    const isUnknown = definitionOf(stage) === undefined && typeof source !== 'string'
    const config = isUnknown ? sourcedConfig() : undefined
    const sources = [source ?? config?.path ?? []].flat()
    if (sources.length === 0 || source === 'version') return { kind: 'version' }
    const known = this.#sources.get(stage)
    if (known !== undefined) return known
    const finding = this.#find(stage, sources.map(pathOf), config)
    this.#sources.set(stage, finding)
    return finding
  }

  /** A stage that nothing defined, such as a copy of another one, may be of any code of the `config`. */
  async #find(stage: AnyStage, sources: readonly string[], config?: LoadedCode): Promise<StageSource> {
    const [first = ''] = sources
    const { sites, entry = config?.path } = definitionOf(stage) ?? {}
    const threads = Object.values(stage.threads ?? {}).map(({ href }) => pathOf(href))
    const top = [...sources, ...threads, ...(entry === undefined ? [] : [entry])]
    const kept = JSON.stringify([stage.name, top, sites, config !== undefined, definitionOf(stage) !== undefined])
    const known = this.#memory.recall(entry ?? first, kept)
    const found = known ?? (await this.#reached(stage, { top, sources, threads, ...(sites && { sites }), config }))
    if ('unreadable' in found) return doubtful(`its source ${shownName(found.unreadable, first)} cannot be read`)
    const { reached, last } = found
    if (last.atMs > (config?.atMs ?? definedAtMs(stage))) {
      return doubtful(`its source ${shownName(last.path, first)} changed after it was loaded`)
    }
    if (known === undefined) {
      const fresh = this.#fresh.get(entry ?? first) ?? new Map<string, ReachedCode>()
      this.#fresh.set(entry ?? first, fresh.set(kept, reached))
    }
    const files = { ...reached.files, ...this.#madeOf(stage) }
    return { kind: 'known', files, packages: await this.#versions(reached) }
  }

  async #reached(
    stage: AnyStage,
    { top, sources, threads, sites, config }: DefiningCode,
  ): Promise<{ readonly reached: ReachedCode; readonly last: LastChange } | { readonly unreadable: string }> {
    const [first = ''] = sources
    await this.#files.read(top)
    const unreadable = top.find((path) => this.#files.get(path) === undefined)
    if (unreadable !== undefined) return { unreadable }
    const filesAt = (paths: readonly string[]) => paths.flatMap((path) => this.#files.get(path) ?? [])
    const defining = sites?.flatMap((site) => this.#rootAt(site)) ?? namedRoots(stage, filesAt(sources))
    const anywhere = config === undefined ? [] : this.#reach.from([], filesAt([config.path])).loaded
    const roots = [...defining, ...wholly([...anywhere]), ...wholly(filesAt(threads))]
    const reached = this.#reach.from(roots, filesAt(top))
    const { path = first, changedAtMs = 0 } = this.#files.last ?? {}
    return {
      reached: { files: fileDigests(reached, first), packages: [...reached.packages] },
      last: { path, atMs: changedAtMs },
    }
  }

  /**
   * Returns what tells stages apart that one place in the code has made by one name: what they were made of is not seen.
   * One that is defined while a pipeline is built may be made of all its params.
   */
  #madeOf(stage: AnyStage): Readonly<Record<string, string>> {
    const { siblings = [], building } = definitionOf(stage) ?? {}
    if (siblings.length < 2 && building === undefined) return {}
    const made = canonicalJson({ number: siblings.indexOf(stage), ...(building && { params: building.params }) })
    return { [`pipeline ${this.#pipeline}`]: digestText(digestBytes(Buffer.from(made))) }
  }

  #rootAt({ path, line }: CodeSite): readonly RootCode[] {
    const file = this.#files.get(path)
    if (file === undefined) return []
    const parts = file.form.parts.filter(({ lines: [start, end] }) => start <= line && line <= end)
    const stages = parts.filter(({ stage }) => stage !== undefined)
    return [{ file, parts: parts.length === 0 ? 'all' : stages.length === 0 ? parts : stages }]
  }

  async #versions({ packages }: ReachedCode): Promise<Readonly<Record<string, string>>> {
    const versions = new Map<string, Set<string>>()
    for (const [dir, from] of packages) {
      const { name, version } = await this.#packages.installed(dir, dirname(from))
      versions.set(name, (versions.get(name) ?? new Set()).add(version))
    }
    return Object.fromEntries([...versions].map(([name, all]) => [name, [...all].sort().join(', ')]))
  }
}

function wholly(files: readonly SourceFile[]): readonly RootCode[] {
  return files.map((file) => ({ file, parts: 'all' }))
}

/** Returns where a stage is defined that is defined by its own name in one place of its files; else all of these. */
function namedRoots(stage: AnyStage, files: readonly SourceFile[]): readonly RootCode[] {
  const named = files.flatMap((file) => {
    const parts = file.form.parts.filter((part) => part.stage === stage.name)
    return parts.map((part) => ({ file, parts: [part] }))
  })
  const isComputed = files.some(({ form }) => form.parts.some((part) => part.stage === ''))
  const isCertain = named.length === 1 && !isComputed && definitionOf(stage) !== undefined
  return isCertain ? named : wholly(files)
}

/** Returns a digest of what is reached in each file, in an order that moving declarations does not change. */
function fileDigests({ parts, bound }: Reached, first: string): Record<string, string> {
  const digests: Record<string, string> = {}
  for (const [file, reached] of parts) {
    const declared = [...reached].filter(({ names, stage }) => names.length > 0 || stage !== undefined)
    // Statements run in their order.
    const statements = file.form.parts.filter((part) => reached.has(part) && !declared.includes(part))
    const meanings = [...(bound.get(file) ?? [])].map(([name, meaning]) => {
      const targets = meaning.flatMap((one) =>
        'outside' in one ? [] : [`${sourceName(one.file.path, first)}#${one.part?.names.join() ?? '*'}`],
      )
      const [local = '', member = ''] = name.split('.', 2)
      const written = [...(file.form.imports[local] ?? []), member].join('#')
      return `${name} ${targets.length === 0 ? written : targets.sort().join(' ')}`
    })
    const form = JSON.stringify([
      file.form.digest ?? '',
      declared.map(({ digest }) => digest).sort(),
      statements.map(({ digest }) => digest),
      meanings.sort(),
    ])
    digests[sourceName(file.path, first)] = digestText(digestBytes(Buffer.from(form)))
  }
  return digests
}

function doubtful(doubt: string): StageSource {
  return { kind: 'doubtful', doubt }
}

function pathOf(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : resolve(source)
}
