import { mkdirSync, readdirSync, realpathSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { type AnyStage, normalInput, normalOutput, outputPath, safeFileName } from '../../core/index.ts'
import { leftBehind } from '../system/left-in-place.ts'
import { copyStamp, OwnCopies } from '../system/own-copy.ts'
import { randomName } from '../system/random-name.ts'
import { removeTree, whyNotRemoved } from '../system/remove-tree.ts'
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
  /** Copies in `root` that an earlier step had. */
  readonly spare: SpareCopies
}

/** The names of files, with the stamps of the copies as they were made. */
type SpareCopies = ReadonlyMap<string, string>

/** A directory that a step has left, with nothing in it but copies of its inputs. */
type LeftRoot = Pick<Workspace, 'root' | 'spare'>

/**
 * The workspaces of one run. One in which a step leaves nothing of its own is given to the next, and copies of inputs are
 * filled with those of the next: files and directories that are made and removed cost a short step more than all else,
 * above all where the disk is told of every freed block, or where the file system looks at all that were removed lately
 * to make one (ext4 without a journal). What a step writes when it has ended goes nowhere, because its working directory
 * has another name than that of the next.
 */
export class Workspaces {
  readonly #dir: string
  readonly #jobDir: string
  readonly #onWarning: (message: string) => void
  readonly #left: LeftRoot[] = []

  /** `dir`, a directory of the job, is where they are made. */
  constructor(dir: string, jobDir: string, onWarning: (message: string) => void) {
    this.#dir = dir
    this.#jobDir = jobDir
    this.#onWarning = onWarning
  }

  /** Makes the workspace of one execution of a step inside the job directory. Throws what the file system throws. */
  create(step: string, stage: AnyStage, inputs: ResolvedInputs): Workspace {
    const names = inputNames(stage, inputs)
    const { root, outDir, spare } = this.#makeDirectories(step, names)
    for (const name of spare.keys()) if (!names.has(name)) removeTree(join(root, name))
    const outputPaths: Record<string, string> = {}
    for (const [name, declaration] of Object.entries(stage.outputs)) {
      const normal = normalOutput(declaration)
      const path = join(outDir, outputPath(name, normal))
      makeDirectoryIn(outDir, normal.kind === 'tree' ? path : dirname(path))
      outputPaths[name] = path
    }
    const copies: InputCopy[] = []
    const giving = { root, jobDir: this.#jobDir, making: new OwnCopies(), copies, spare }
    const inputPaths = giveInputs(giving, stage, inputs)
    return workspaceIn({ root, outDir, inputPaths, copies, outputPaths, spare: noCopies })
  }

  /** Makes one in which nothing is executed. Throws what the file system throws. */
  createEmpty(step: string): Workspace {
    return workspaceIn({ ...this.#makeDirectories(step, new Set()), inputPaths: {}, copies: [], outputPaths: {} })
  }

  /** Removes a workspace and whatever is still in it; what a tool left as another user stays, and is reported. */
  remove(workspace: Workspace): void {
    const spare = copiesAlone(workspace)
    if (spare === undefined) this.#removeRoot(workspace.root)
    else this.#left.push({ root: workspace.root, spare })
  }

  /** Removes those that nobody has taken. */
  close(): void {
    for (const { root } of this.#left.splice(0)) this.#removeRoot(root)
  }

  #removeRoot(root: string): void {
    const why = whyNotRemoved(root)
    if (why !== undefined) this.#onWarning(leftBehind(root, why))
  }

  /** Takes a directory that was left, with copies of those names and no others where there is one, or makes one. */
  #makeDirectories(step: string, names: ReadonlySet<string>): Pick<Workspace, 'root' | 'outDir' | 'spare'> {
    const name = `${safeFileName(step)}-${randomName(12)}`
    const fitting = this.#left.findLastIndex(({ spare }) => [...spare.keys()].every((one) => names.has(one)))
    const [left] = this.#left.splice(fitting, 1)
    if (left !== undefined) {
      const outDir = `${left.root}/${name}`
      try {
        mkdirSync(outDir)
        return { ...left, outDir }
      } catch {
        // It was removed: make another.
      }
    }
    const root = `${this.#dir}/${randomName(12)}`
    const outDir = `${root}/${name}`
    mkdirSync(outDir, { recursive: true })
    return { root, outDir, spare: noCopies }
  }
}

const noCopies: SpareCopies = new Map()

/** Returns the names of the files that some inputs are given as, each in the workspace itself. */
function inputNames(stage: AnyStage, inputs: ResolvedInputs): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [name, declaration] of Object.entries(stage.inputs)) {
    const { kind, path = name } = normalInput(declaration)
    if (kind === 'file' && inputs[name]?.arity === 'one') names.add(path)
  }
  return names
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

/** Takes away inputs that are links. Returns what is left, if it is nothing but copies that are files. */
function copiesAlone({ root, inputPaths, copies, spare }: Workspace): SpareCopies | undefined {
  try {
    const known = new Map([...spare, ...copies.map(({ path, stamp }) => [path.slice(root.length + 1), stamp] as const)])
    for (const path of Object.values(inputPaths)) {
      if (typeof path === 'string' && !known.has(path.slice(root.length + 1))) unlinkSync(path)
    }
    const left = new Map<string, string>()
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      const stamp = known.get(entry.name)
      if (stamp === undefined || !entry.isFile()) return undefined
      left.set(entry.name, stamp)
    }
    return left
  } catch {
    return undefined
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
  readonly spare: SpareCopies
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
function give({ root, jobDir, making, copies, spare }: Giving, target: string, seenAs: string): string {
  const path = join(root, seenAs)
  makeDirectoryIn(root, dirname(path))
  if (making.make(target, path, spare.get(seenAs))) {
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
