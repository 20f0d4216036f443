import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { type AnyStage, normalInput, normalOutput, outputPath, safeFileName } from '../core/index.ts'
import type { ResolvedInputs } from './inputs.ts'
import { workDirectory } from './job-directory.ts'
import { randomName } from './random-name.ts'
import type { Secrets } from './secrets.ts'

/** The private directory in which one step executes: `in` (links), `out` (its working directory), `tmp`, `stage.log`. */
export interface Workspace {
  readonly root: string
  readonly outDir: string
  readonly tempDir: string
  /** Absolute paths of the inputs as the stage sees them; a list for one that gathers. JSON inputs have none. */
  readonly inputPaths: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Absolute paths of all outputs. */
  readonly outputPaths: Readonly<Record<string, string>>
  readonly log: StageLogFile
}

const logName = 'stage.log'

/** `stage.log`: what the stage says, and what its processes print to standard error. */
export class StageLogFile {
  readonly #file: number
  readonly #secrets: Secrets

  constructor(path: string, secrets: Secrets) {
    this.#secrets = secrets
    this.#file = openSync(path, 'a')
  }

  /** Writes a line; a full disk loses the line, and not the step, which meets the same disk with its outputs. */
  write(line: string): void {
    try {
      writeSync(this.#file, `${this.#secrets.hide(line)}\n`)
    } catch {
      return
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}

/**
 * Makes the workspace of one execution inside the job directory; the log of an earlier one is taken over and gone on
 * with. Throws what the file system throws.
 */
export function createWorkspace(
  jobDir: string,
  step: { readonly id: string; readonly stage: AnyStage },
  inputs: ResolvedInputs,
  secrets: Secrets,
  earlier?: Pick<Workspace, 'root'>,
): Workspace {
  const root = join(jobDir, workDirectory, `${safeFileName(step.id)}-${randomName(12)}`)
  const outDir = join(root, 'out')
  const tempDir = join(root, 'tmp')
  for (const dir of [join(root, 'in'), outDir, tempDir]) mkdirSync(dir, { recursive: true })
  const outputPaths: Record<string, string> = {}
  for (const [name, declaration] of Object.entries(step.stage.outputs)) {
    const normal = normalOutput(declaration)
    const path = join(outDir, outputPath(name, normal))
    mkdirSync(normal.kind === 'tree' ? path : dirname(path), { recursive: true })
    outputPaths[name] = path
  }
  const inputPaths = linkInputs(join(root, 'in'), step.stage, inputs)
  const logPath = join(root, logName)
  if (earlier !== undefined) renameSync(join(earlier.root, logName), logPath)
  return { root, outDir, tempDir, inputPaths, outputPaths, log: new StageLogFile(logPath, secrets) }
}

function linkInputs(
  inDir: string,
  stage: AnyStage,
  inputs: ResolvedInputs,
): Record<string, string | readonly string[] | undefined> {
  const paths: Record<string, string | readonly string[] | undefined> = {}
  for (const [name, declaration] of Object.entries(stage.inputs)) {
    const { kind, path: seenAs = name } = normalInput(declaration)
    const input = inputs[name]
    if (kind === 'json' || input === undefined || input.arity === 'absent') continue
    if (input.arity === 'one') {
      paths[name] = link(input.available.path, join(inDir, seenAs))
    } else {
      const dir = join(inDir, name)
      paths[name] = input.list.map(({ path }, index) =>
        link(path, join(dir, `${String(index + 1).padStart(4, '0')}${extname(seenAs)}`)),
      )
    }
  }
  return paths
}

function link(target: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
  return path
}

/** Removes from `outDir` what the stage wrote beside its declared outputs. */
export function removeUndeclared(workspace: Workspace, stage: AnyStage): void {
  const declared = new Set(
    Object.entries(stage.outputs).map(
      ([name, declaration]) => outputPath(name, normalOutput(declaration)).split('/')[0],
    ),
  )
  for (const entry of readdirSync(workspace.outDir)) {
    if (!declared.has(entry)) rmSync(join(workspace.outDir, entry), { recursive: true, force: true })
  }
}

/** Writes the manifest beside the outputs and renames all into place; what was there is moved aside first, then removed. */
export function publish(workspace: Workspace, target: string, manifest: string): void {
  mkdirSync(workspace.outDir, { recursive: true })
  writeFileSync(join(workspace.outDir, 'manifest.json'), manifest)
  renameSync(join(workspace.root, logName), join(workspace.outDir, logName))
  mkdirSync(dirname(target), { recursive: true })
  if (existsSync(target)) renameSync(target, join(workspace.root, 'replaced'))
  renameSync(workspace.outDir, target)
}

/** Removes all but the log. */
export function emptyWorkspace(workspace: Workspace): void {
  for (const name of ['in', 'out', 'tmp']) rmSync(join(workspace.root, name), { recursive: true, force: true })
}

/** Removes the workspace and whatever is still in it. */
export function removeWorkspace(workspace: Workspace): void {
  workspace.log.close()
  rmSync(workspace.root, { recursive: true, force: true })
}
