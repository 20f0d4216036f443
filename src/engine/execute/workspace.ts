import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { type AnyStage, normalInput, normalOutput, outputPath, safeFileName } from '../../core/index.ts'
import type { Secrets } from '../key/secrets.ts'
import { randomName } from '../system/random-name.ts'
import { removeTree } from '../system/remove-tree.ts'
import type { ResolvedInputs } from './inputs.ts'

/**
 * The private directory in which one step executes. It holds links to the inputs, and under a name that no other step has
 * the step's working directory; beside that, with endings to the same name, its temporary files and its log.
 */
export interface Workspace {
  readonly root: string
  /** The working directory, which becomes the step's directory in the job. */
  readonly outDir: string
  /** Made when it is asked for. */
  readonly tempDir: string
  /** Absolute paths of the inputs as the stage sees them; a list for one that gathers. JSON inputs have none. */
  readonly inputPaths: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Absolute paths of all outputs. */
  readonly outputPaths: Readonly<Record<string, string>>
  readonly log: StageLogFile
}

const logName = 'stage.log'

/** `stage.log`: what the stage says, and what its processes print to standard error. It is made with its first line. */
export class StageLogFile {
  readonly #path: string
  #file: number | undefined
  readonly #secrets: Secrets

  constructor(path: string, secrets: Secrets) {
    this.#path = path
    this.#secrets = secrets
  }

  /** Writes a line; a full disk loses the line, and not the step, which meets the same disk with its outputs. */
  write(line: string): void {
    try {
      this.#file ??= openSync(this.#path, 'a')
      writeSync(this.#file, `${this.#secrets.hide(line)}\n`)
    } catch {
      return
    }
  }

  /** Takes the file of an earlier attempt over. */
  goOnWith(earlier: StageLogFile): void {
    earlier.moveTo(this.#path)
    this.#file = openSync(this.#path, 'a')
  }

  /** Moves the file; where nothing was written, an empty one is made. */
  moveTo(path: string): void {
    if (this.#file === undefined) closeSync(openSync(path, 'a'))
    else renameSync(this.#path, path)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

/**
 * The workspaces of one run. One that a step leaves empty is given to the next: directories that are made and removed
 * cost a short step more than all else, above all where the disk is told of every freed block. What a step writes when
 * it has ended goes nowhere, because its working directory has another name than that of the next.
 */
export class Workspaces {
  readonly #dir: string
  readonly #jobDir: string
  readonly #secrets: Secrets
  readonly #empty: string[] = []

  /** `dir`, a directory of the job, is where they are made. */
  constructor(dir: string, jobDir: string, secrets: Secrets) {
    this.#dir = dir
    this.#jobDir = jobDir
    this.#secrets = secrets
  }

  /**
   * Makes the workspace of one execution inside the job directory; the log of an earlier one is taken over and gone on
   * with. Throws what the file system throws.
   */
  create(
    step: { readonly id: string; readonly stage: AnyStage },
    inputs: ResolvedInputs,
    earlier?: Pick<Workspace, 'log'>,
  ): Workspace {
    const { root, outDir } = this.#makeDirectories(`${safeFileName(step.id)}-${randomName(12)}`)
    const tempDir = tempDirBeside(outDir)
    const outputPaths: Record<string, string> = {}
    for (const [name, declaration] of Object.entries(step.stage.outputs)) {
      const normal = normalOutput(declaration)
      const path = join(outDir, outputPath(name, normal))
      makeDirectoryIn(outDir, normal.kind === 'tree' ? path : dirname(path))
      outputPaths[name] = path
    }
    const inputPaths = linkInputs({ root, jobDir: this.#jobDir }, step.stage, inputs)
    const log = new StageLogFile(`${outDir}.log`, this.#secrets)
    if (earlier !== undefined) log.goOnWith(earlier.log)
    let isTempDirMade = false
    return {
      root,
      outDir,
      get tempDir() {
        if (!isTempDirMade) mkdirSync(tempDir, { recursive: true })
        isTempDirMade = true
        return tempDir
      },
      inputPaths,
      outputPaths,
      log,
    }
  }

  /** Removes a workspace and whatever is still in it. */
  remove(workspace: Workspace): void {
    workspace.log.close()
    if (isEmptied(workspace)) this.#empty.push(workspace.root)
    else removeTree(workspace.root)
  }

  /** Removes those that nobody has taken. */
  close(): void {
    for (const root of this.#empty.splice(0)) removeTree(root)
  }

  #makeDirectories(name: string): Pick<Workspace, 'root' | 'outDir'> {
    const empty = this.#empty.pop()
    if (empty !== undefined) {
      const outDir = `${empty}/${name}`
      try {
        mkdirSync(outDir)
        return { root: empty, outDir }
      } catch {
        // Somebody has removed it: another is made.
      }
    }
    const root = `${this.#dir}/${randomName(12)}`
    const outDir = `${root}/${name}`
    mkdirSync(outDir, { recursive: true })
    return { root, outDir }
  }
}

/** Takes the links to the inputs away. Returns whether nothing is left. */
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

interface Links {
  readonly root: string
  readonly jobDir: string
}

function linkInputs(
  links: Links,
  stage: AnyStage,
  inputs: ResolvedInputs,
): Record<string, string | readonly string[] | undefined> {
  const paths: Record<string, string | readonly string[] | undefined> = {}
  for (const [name, declaration] of Object.entries(stage.inputs)) {
    const { kind, path: seenAs = name } = normalInput(declaration)
    const input = inputs[name]
    if (kind === 'json' || input === undefined || input.arity === 'absent') continue
    if (input.arity === 'one') {
      paths[name] = link(links, input.available.path, seenAs)
    } else {
      paths[name] = input.list.map(({ path }, index) =>
        link(links, path, join(name, `${String(index + 1).padStart(4, '0')}${extname(seenAs)}`)),
      )
    }
  }
  return paths
}

/** A link that stays in the job is relative: a file system keeps one that is short beside the file's own data. */
function link({ root, jobDir }: Links, target: string, seenAs: string): string {
  const path = join(root, seenAs)
  makeDirectoryIn(root, dirname(path))
  symlinkSync(target.startsWith(`${jobDir}/`) ? relativeIn(jobDir, path, target) : target, path)
  return path
}

/** Returns the path of `target` as a link at `path` says it, both inside of the directory `root`. */
function relativeIn(root: string, path: string, target: string): string {
  const depth = path.slice(root.length + 1).split('/').length - 1
  return '../'.repeat(depth) + target.slice(root.length + 1)
}

/** Removes from `outDir` what the stage wrote beside its declared outputs. */
export function removeUndeclared(workspace: Workspace, stage: AnyStage): void {
  const declared = new Set(
    Object.entries(stage.outputs).map(
      ([name, declaration]) => outputPath(name, normalOutput(declaration)).split('/')[0],
    ),
  )
  for (const entry of readdirSync(workspace.outDir)) {
    if (!declared.has(entry)) removeTree(join(workspace.outDir, entry))
  }
}

/** Writes the manifest beside the outputs and renames all into place; what was there is moved aside first, then removed. */
export function publish(workspace: Workspace, target: string, manifest: string): void {
  writeFileSync(`${workspace.outDir}/manifest.json`, manifest)
  workspace.log.moveTo(`${workspace.outDir}/${logName}`)
  try {
    renameSync(workspace.outDir, target)
  } catch {
    mkdirSync(dirname(target), { recursive: true })
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
      renameSync(target, `${workspace.outDir}.replaced`)
    }
    renameSync(workspace.outDir, target)
  }
}

/** Removes what takes room: what the stage wrote, and its temporary files. */
export function emptyWorkspace({ outDir }: Workspace): void {
  for (const dir of [outDir, tempDirBeside(outDir)]) removeTree(dir)
}

function tempDirBeside(outDir: string): string {
  return `${outDir}.tmp`
}
