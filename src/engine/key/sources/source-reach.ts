import type { ImportedCode } from './imported-code.ts'
import type { SourceFile, SourceFiles } from './source-files.ts'
import type { SourcePart } from './source-form.ts'

/** What a name of another file stands for: a part of it, all of it, or what a package exports. */
type Meaning =
  | { readonly file: SourceFile; readonly part: SourcePart }
  | { readonly file: SourceFile; readonly part?: undefined }
  | { readonly outside: string; readonly packages: readonly string[] }

/** What evaluating a part changes. */
interface Effect {
  /** Whether it may concern code that has nothing to do with it. */
  readonly isGlobal: boolean
  /** The parts whose values it may change, and the packages. */
  readonly changed: ReadonlySet<SourcePart | string>
}

const nothing: ImportedCode = { files: [], packages: [] }

/** Finds what can be reached from where: the declarations of the project's files that code leads to by their names. */
export class SourceReach {
  readonly #files: SourceFiles
  readonly #effects = new Map<SourcePart, Effect>()

  constructor(files: SourceFiles) {
    this.#files = files
  }

  /** Returns what is reached from some parts of files, and what runs when these and `entry` are loaded. */
  from(roots: readonly RootCode[], entries: readonly SourceFile[]): Reached {
    const reached = new Reached(this.#files)
    for (const { file, parts } of roots) {
      if (parts === 'all') reached.addWhole(file)
      else for (const part of parts) reached.addPart(file, part)
    }
    const loaded = new Set(entries)
    // What runs when a file is loaded may reach more, which may load more.
    for (let before = -1; before !== reached.size; ) {
      before = reached.size
      for (const file of reached.parts.keys()) loaded.add(file)
      for (const file of loaded) {
        for (const imported of this.#loadedBefore(file, reached)) loaded.add(imported)
        for (const part of file.form.parts) {
          if (!reached.has(file, part) && this.#concerns(file, part, reached)) reached.addPart(file, part, true)
        }
      }
    }
    for (const file of loaded) reached.loaded.add(file)
    return reached
  }

  #loadedBefore(file: SourceFile, reached: Reached): readonly SourceFile[] {
    const { before, imports, exports, stars } = file.form
    const named = new Set([...Object.values(imports), ...Object.values(exports)].map(([from]) => from))
    return before.flatMap((written) => {
      const { files, packages } = file.imported.get(written) ?? nothing
      // Imported for its effect alone.
      if (!named.has(written) && !stars.includes(written))
        for (const dir of packages) reached.packages.set(dir, file.path)
      return files.flatMap((path) => this.#files.get(path) ?? [])
    })
  }

  /** Returns whether evaluating a part, which nothing asks for, matters to what is reached. */
  #concerns(file: SourceFile, part: SourcePart, reached: Reached): boolean {
    const isStatement = part.names.length === 0
    if (part.stage !== undefined || !(isStatement || part.flags?.includes('acts') === true)) return false
    const { isGlobal, changed } = this.#effect(file, part, isStatement)
    return isGlobal || [...changed].some((what) => reached.changeable.has(what))
  }

  #effect(file: SourceFile, part: SourcePart, isStatement: boolean): Effect {
    const known = this.#effects.get(part)
    if (known !== undefined) return known
    const run = new Reached(this.#files)
    run.addPart(file, part, true)
    const changed = new Set<SourcePart | string>()
    let isGlobal = false
    for (const [of, parts] of run.parts) {
      for (const { writes = [], flags = [] } of parts) {
        for (const name of writes) for (const what of run.changeableIn(of, name)) changed.add(what)
        if (flags.includes('reachesOut') || (isStatement && flags.includes('callsOut'))) isGlobal = true
        if (flags.includes('changesGiven')) for (const what of run.changeable) changed.add(what)
      }
    }
    // What is there for an effect only, and calls a package, may have one that is not seen.
    const isForEffect = file.form.isWhole !== true && (isStatement || !part.names.some((name) => isUsed(file, name)))
    const effect = { isGlobal: isGlobal || (isForEffect && changed.size === 0 && run.packages.size > 0), changed }
    this.#effects.set(part, effect)
    return effect
  }
}

/** Where code begins: some parts of a file, or all. */
export interface RootCode {
  readonly file: SourceFile
  readonly parts: readonly SourcePart[] | 'all'
}

/** What has been reached. */
export class Reached {
  readonly #files: SourceFiles
  /** By file. */
  readonly parts = new Map<SourceFile, Set<SourcePart>>()
  /** By file: what the names of other files that are read there stand for. */
  readonly bound = new Map<SourceFile, Map<string, readonly Meaning[]>>()
  /** The folders of packages, each with a file that imports it. */
  readonly packages = new Map<string, string>()
  /** The parts whose values may change, and the packages. */
  readonly changeable = new Set<SourcePart | string>()
  readonly loaded = new Set<SourceFile>()
  readonly #wholly = new Set<SourcePart>()
  readonly #modules = new Set<SourceFile>()

  constructor(files: SourceFiles) {
    this.#files = files
  }

  /** Grows with what is reached. */
  get size(): number {
    let size = this.packages.size + this.#modules.size + this.#wholly.size
    for (const parts of this.parts.values()) size += parts.size
    return size
  }

  has(file: SourceFile, part: SourcePart): boolean {
    return this.parts.get(file)?.has(part) === true
  }

  /** Adds a part and what it reads; of one that is only evaluated, not what a step reads later. */
  addPart(file: SourceFile, part: SourcePart, isEvaluated = false): void {
    if (this.#wholly.has(part) || (isEvaluated && this.has(file, part))) return
    if (!isEvaluated) this.#wholly.add(part)
    const parts = this.parts.get(file) ?? new Set()
    this.parts.set(file, parts.add(part))
    if (part.flags?.includes('isState') === true) this.changeable.add(part)
    // A stage may be changed after it was defined, by the name of what it is a part of.
    if (part.stage !== undefined) for (const around of partsAround(file, part)) this.changeable.add(around)
    if (file.form.isWhole === true || part.flags?.includes('isOpaque') === true) {
      this.addWhole(file)
      for (const name of Object.keys(file.form.imports)) this.#addName(file, name, false)
    }
    for (const name of part.reads ?? []) {
      if (!(isEvaluated && part.late?.includes(name) === true)) this.#addName(file, name, isEvaluated)
    }
    for (const written of part.loads ?? []) {
      const { files, packages } = file.imported.get(written) ?? nothing
      for (const path of files) this.#addModule(path)
      for (const dir of packages) this.packages.set(dir, file.path)
    }
  }

  /** Adds all of a file. */
  addWhole(file: SourceFile): void {
    if (this.#modules.has(file)) return
    this.#modules.add(file)
    if (!this.parts.has(file)) this.parts.set(file, new Set())
    for (const part of file.form.parts) this.addPart(file, part)
    for (const name of exportsOf(file)) this.#addMeanings(this.#exported(file, name))
    for (const written of file.form.stars) this.#addMeanings(this.#imported(file, written, '*'))
  }

  /** Returns the parts and packages whose values are changed by a change of what a name stands for. */
  changeableIn(file: SourceFile, name: string): readonly (SourcePart | string)[] {
    return this.#meanings(file, name).flatMap((meaning): readonly (SourcePart | string)[] => {
      if ('outside' in meaning) return meaning.packages
      return meaning.part === undefined ? meaning.file.form.parts : [meaning.part]
    })
  }

  #addModule(path: string): void {
    const file = this.#files.get(path)
    if (file !== undefined) this.#addMeanings([{ file }])
  }

  #addName(file: SourceFile, name: string, isEvaluated: boolean): void {
    const meanings = this.#meanings(file, name)
    const [local = ''] = name.split('.', 1)
    if (local in file.form.imports) {
      const bound = this.bound.get(file) ?? new Map<string, readonly Meaning[]>()
      this.bound.set(file, bound.set(name, meanings))
    }
    this.#addMeanings(meanings, isEvaluated)
  }

  #addMeanings(meanings: readonly Meaning[], isEvaluated = false): void {
    for (const meaning of meanings) {
      if ('outside' in meaning) {
        for (const dir of meaning.packages) {
          this.changeable.add(dir)
          this.packages.set(dir, meaning.outside)
        }
      } else if (meaning.part === undefined) this.addWhole(meaning.file)
      else this.addPart(meaning.file, meaning.part, isEvaluated)
    }
  }

  #meanings(file: SourceFile, name: string): readonly Meaning[] {
    const [local = '', member] = name.split('.', 2)
    const imported = Object.hasOwn(file.form.imports, local) ? file.form.imports[local] : undefined
    if (imported === undefined) return partsNamed(file, local)
    return this.#imported(file, imported[0], imported[1] === '*' ? (member ?? '*') : imported[1])
  }

  #imported(file: SourceFile, written: string, name: string, seen = new Set<string>()): readonly Meaning[] {
    const { files, packages } = file.imported.get(written) ?? nothing
    const inside = files.flatMap((path) => {
      const target = this.#files.get(path)
      if (target === undefined) return []
      return name === '*' ? [{ file: target }] : this.#exported(target, name, seen)
    })
    return packages.length === 0 ? inside : [...inside, { outside: file.path, packages }]
  }

  /** Returns what a file exports by a name; all of it, where that cannot be told. */
  #exported(file: SourceFile, name: string, seen = new Set<string>()): readonly Meaning[] {
    const asked = `${file.path}\0${name}`
    if (seen.has(asked)) return []
    seen.add(asked)
    const { exports, imports, stars, isWhole, digest } = file.form
    if (isWhole === true || digest !== undefined) return [{ file }]
    const [from, local] = (Object.hasOwn(exports, name) ? exports[name] : undefined) ?? []
    if (from !== undefined && local !== undefined) {
      if (from !== '') return this.#imported(file, from, local, seen)
      const imported = Object.hasOwn(imports, local) ? imports[local] : undefined
      return imported === undefined ? partsNamed(file, local) : this.#imported(file, imported[0], imported[1], seen)
    }
    return stars.flatMap((star) => this.#imported(file, star, name, seen))
  }
}

function partsNamed(file: SourceFile, name: string): readonly Meaning[] {
  return file.form.parts.filter(({ names }) => names.includes(name)).map((part) => ({ file, part }))
}

function partsAround({ form }: SourceFile, { lines: [start, end] }: SourcePart): readonly SourcePart[] {
  return form.parts.filter(({ names, lines }) => names.length > 0 && lines[0] <= start && end <= lines[1])
}

function exportsOf({ form }: SourceFile): readonly string[] {
  return form.isWhole === true || form.digest !== undefined ? [] : Object.keys(form.exports)
}

function isUsed({ form }: SourceFile, name: string): boolean {
  const exported = Object.values(form.exports).some(([from, local]) => from === '' && local === name)
  return exported || form.parts.some(({ reads = [], names }) => !names.includes(name) && reads.includes(name))
}
