import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { isAbandonedName, writeAtomically } from '../../../store/index.ts'
import { editedDirectory } from '../edits/edited-directory.ts'
import { isStepRecord, recordedStep } from '../edits/recorded-step.ts'
import { firstName } from '../execute/undeclared.ts'
import { linkReplaced } from '../system/left-in-place.ts'

interface Options {
  /** Absolute. */
  readonly jobDir: string
  /** Whether the run still holds the job: another run may have taken it over while this one was suspended. */
  readonly holdsJob: () => boolean
  readonly onWarning: (message: string) => void
}

/** A complete directory of a step. */
export interface FilledDirectory {
  readonly path: string
  readonly key: string
  /** The names in it below which the outputs lie. */
  readonly outputs: ReadonlySet<string>
}

/**
 * The directories of a job's steps. Each changes as a whole: outputs, manifest and log are those of one result at any
 * time. No symbolic link in a job is followed when something is written.
 */
export class StepDirectories {
  readonly #options: Options
  /** Directories of fan-outs that are directories. */
  readonly #parents = new Set<string>()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Puts a directory in place of a step's one, of which only what the runner did not write stays. What is replaced is
   * moved beside `filled`, whose workspace removes it. Throws what the file system throws.
   */
  publish(filled: FilledDirectory, target: string): void {
    this.#demandJob()
    this.#makeParents(target)
    try {
      renameSync(filled.path, target)
    } catch (error) {
      const stats = lstatSync(target, { throwIfNoEntry: false })
      // A file is somebody's own.
      if (stats?.isDirectory() !== true && stats?.isSymbolicLink() !== true) throw error
      this.#replace(filled, target, stats.isSymbolicLink())
    }
  }

  /** Writes the manifest of a step whose outputs stay. Returns whether the step's directory is one in the job. */
  writeManifest(dir: string, text: string): boolean {
    this.#demandJob()
    if (!this.#isInJob(dir)) return false
    writeAtomically(join(dir, 'manifest.json'), text)
    return true
  }

  #replace(filled: FilledDirectory, target: string, isLink: boolean): void {
    const aside = `${filled.path}.replaced`
    renameSync(target, aside)
    try {
      renameSync(filled.path, target)
    } catch (error) {
      renameSync(aside, target)
      throw error
    }
    if (isLink) {
      this.#tellOfLink(target)
      return
    }
    const isOwn = ownNamesIn(aside, filled)
    // As bytes: a name need not be valid UTF-8.
    for (const name of readdirSync(aside, { encoding: 'buffer' })) {
      const place = within(target, name)
      if (isOwn(name.toString()) || existsSync(place)) continue
      try {
        renameSync(within(aside, name), place)
      } catch (error) {
        this.#keepAside(aside, target, `${place.toString()} is not part of the job, and could not stay: ${text(error)}`)
        return
      }
    }
  }

  #keepAside(aside: string, target: string, why: string): void {
    let number = 1
    while (existsSync(editedDirectory(target, new Date(), number))) number += 1
    const kept = editedDirectory(target, new Date(), number)
    renameSync(aside, kept)
    this.#options.onWarning(`${why}; it is kept in ${kept}`)
  }

  #makeParents(target: string): void {
    const parent = dirname(target)
    if (parent === this.#options.jobDir || this.#parents.has(parent)) return
    this.#makeParents(parent)
    if (lstatSync(parent, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      unlinkSync(parent)
      this.#tellOfLink(parent)
    }
    mkdirSync(parent, { recursive: true })
    this.#parents.add(parent)
  }

  #isInJob(dir: string): boolean {
    if (dir === this.#options.jobDir || this.#parents.has(dir)) return true
    return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() === true && this.#isInJob(dirname(dir))
  }

  #demandJob(): void {
    if (!this.#options.holdsJob()) throw new Error(jobTakenOver)
  }

  #tellOfLink(path: string): void {
    this.#options.onWarning(linkReplaced(path))
  }
}

function within(dir: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${dir}${sep}`), name])
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const jobTakenOver = 'another run took the job over while this one was suspended, so this one writes nothing more'

/** Returns what tells the runner's own names in a step's directory from others: its manifest says which were outputs. */
function ownNamesIn(dir: string, { key, outputs }: FilledDirectory): (name: string) => boolean {
  const before = recordedStep(dir)
  const names = new Set(before?.outputs.map(({ path }) => firstName(path)))
  return (name) => {
    if (name === 'stage.log') return before?.key !== key || before.hasFailed
    // Items of a fan-out that is none any more have a manifest each.
    const isItem = existsSync(join(dir, name, 'manifest.json'))
    return outputs.has(name) || names.has(name) || isItem || isStepRecord(name) || isAbandonedName(name)
  }
}
