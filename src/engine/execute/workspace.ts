import { mkdirSync, readdirSync, realpathSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { type AnyStage, normalInput, normalOutput, outputPath, safeFileName } from '../../core/index.ts'
import { leftBehind } from '../system/left-in-place.ts'
import { copyStamp, OwnCopies } from '../system/own-copy.ts'
import { randomName } from '../system/random-name.ts'
import { whyNotRemoved } from '../system/remove-tree.ts'
import type { InputCopy } from './changed-input.ts'
import { artifactsOf, type ResolvedInputs } from './inputs.ts'

/**
 * The private directory in which one step executes. It holds the inputs, as copies or links, and under a name that no other step
 * has
 * the step's working directory, and beside that its temporary files.
 */
export interface Workspace {
  readonly root: string
  /** The working directory, which becomes the step's directory in the job. */
  readonly outDir: string
  /** Made when it is asked for. */
  readonly tempDir: string
  /** Absolute paths of the inputs as the stage sees them; a list for one that gathers. JSON inputs have none. */
  readonly inputPaths: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The inputs of which the stage has copies; of the others it has links. */
  readonly copies: readonly InputCopy[]
  /** Absolute paths of all outputs. */
  readonly outputPaths: Readonly<Record<string, string>>
}

/**
 * The workspaces of one run. One that a step leaves empty is given to the next: directories that are made and removed
 * cost a short step more than all else, above all where the disk is told of every freed block. What a step writes when
 * it has ended goes nowhere, because its working directory has another name than that of the next.
 */
export class Workspaces {
  readonly #dir: string
  readonly #jobDir: string
  readonly #onWarning: (message: string) => void
  readonly #empty: string[] = []

  /** `dir`, a directory of the job, is where they are made. */
  constructor(dir: string, jobDir: string, onWarning: (message: string) => void) {
    this.#dir = dir
    this.#jobDir = jobDir
    this.#onWarning = onWarning
  }

  /** Makes the workspace of one execution of a step inside the job directory. Throws what the file system throws. */
  create(step: string, stage: AnyStage, inputs: ResolvedInputs): Workspace {
    const { root, outDir } = this.#makeDirectories(step)
    const outputPaths: Record<string, string> = {}
    for (const [name, declaration] of Object.entries(stage.outputs)) {
      const normal = normalOutput(declaration)
      const path = join(outDir, outputPath(name, normal))
      makeDirectoryIn(outDir, normal.kind === 'tree' ? path : dirname(path))
      outputPaths[name] = path
    }
    const copies: InputCopy[] = []
    const inputPaths = giveInputs({ root, jobDir: this.#jobDir, making: new OwnCopies(), copies }, stage, inputs)
    return workspaceIn({ root, outDir, inputPaths, copies, outputPaths })
  }

  /** Makes one in which nothing is executed. Throws what the file system throws. */
  createEmpty(step: string): Workspace {
    return workspaceIn({ ...this.#makeDirectories(step), inputPaths: {}, copies: [], outputPaths: {} })
  }

  /** Removes a workspace and whatever is still in it; what a tool left as another user stays, and is reported. */
  remove(workspace: Workspace): void {
    if (isEmptied(workspace)) this.#empty.push(workspace.root)
    else this.#removeRoot(workspace.root)
  }

  /** Removes those that nobody has taken. */
  close(): void {
    for (const root of this.#empty.splice(0)) this.#removeRoot(root)
  }

  #removeRoot(root: string): void {
    const why = whyNotRemoved(root)
    if (why !== undefined) this.#onWarning(leftBehind(root, why))
  }

  #makeDirectories(step: string): Pick<Workspace, 'root' | 'outDir'> {
    const name = `${safeFileName(step)}-${randomName(12)}`
    const empty = this.#empty.pop()
    if (empty !== undefined) {
      const outDir = `${empty}/${name}`
      try {
        mkdirSync(outDir)
        return { root: empty, outDir }
      } catch {
        // It was removed: make another.
      }
    }
    const root = `${this.#dir}/${randomName(12)}`
    const outDir = `${root}/${name}`
    mkdirSync(outDir, { recursive: true })
    return { root, outDir }
  }
}

function workspaceIn(parts: Omit<Workspace, 'tempDir'>): Workspace {
  const tempDir = `${parts.outDir}.tmp`
  let isTempDirMade = false
  return {
    ...parts,
    get tempDir() {
      if (!isTempDirMade) mkdirSync(tempDir, { recursive: true })
      isTempDirMade = true
      return tempDir
    },
  }
}

/** Takes the inputs away. Returns whether nothing is left. */
function isEmptied({ root, inputPaths }: Workspace): boolean {
  try {
    for (const path of Object.values(inputPaths)) if (typeof path === 'string') unlinkSync(path)
    return readdirSync(root).length === 0
  } catch {
    return false
  }
}

function makeDirectoryIn(parent: string, path: string): void {
  if (path !== parent) mkdirSync(path, { recursive: true })
}

interface Giving {
  readonly root: string
  readonly jobDir: string
  readonly making: OwnCopies
  readonly copies: InputCopy[]
}

function giveInputs(
  giving: Giving,
  stage: AnyStage,
  inputs: ResolvedInputs,
): Record<string, string | readonly string[] | undefined> {
  const paths: Record<string, string | readonly string[] | undefined> = {}
  for (const [name, declaration] of Object.entries(stage.inputs)) {
    const { kind, path: seenAs = name } = normalInput(declaration)
    const input = inputs[name]
    if (kind === 'json' || input === undefined || input.arity === 'absent') continue
    if (input.arity === 'one') {
      paths[name] = give(giving, input.available.path, seenAs)
    } else {
      paths[name] = artifactsOf(input).map(({ path }, index) =>
        give(giving, path, join(name, `${String(index + 1).padStart(4, '0')}${extname(seenAs)}`)),
      )
    }
  }
  return paths
}

/**
 * Gives an input as a copy where that costs little, else as a link. A link that stays in the job is relative: a file
 * system keeps one that is short beside the file's own data.
 */
function give({ root, jobDir, making, copies }: Giving, target: string, seenAs: string): string {
  const path = join(root, seenAs)
  makeDirectoryIn(root, dirname(path))
  if (making.make(target, path)) {
    copies.push({ source: target, path, stamp: copyStamp(path) })
    return path
  }
  symlinkSync(target.startsWith(`${jobDir}/`) ? relativeIn(jobDir, path, target) : target, path)
  return path
}

/** Returns the path of `target` as a link at `path` says it, both inside of the directory `root`. */
function relativeIn(root: string, path: string, target: string): string {
  const depth = path.slice(root.length + 1).split('/').length - 1
  return '../'.repeat(depth) + target.slice(root.length + 1)
}

/** Returns whether the directories of the outputs are those that were made: no link leads out of the workspace. */
export function isWorkspaceWhole({ root, outDir, outputPaths }: Workspace): boolean {
  const jobDir = dirname(dirname(root))
  const realJobDir = realPath(jobDir)
  const isInPlace = (dir: string) => realPath(dir) === `${realJobDir}${dir.slice(jobDir.length)}`
  const others = new Set(Object.values(outputPaths).map(dirname))
  others.delete(outDir)
  return isInPlace(outDir) && [...others].every((dir) => realPath(dir) === undefined || isInPlace(dir))
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}
