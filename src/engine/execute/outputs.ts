import { lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import {
  artifactOfPath,
  type BlobStore,
  canonicalJson,
  describeStoreFailure,
  type LocalStore,
  type Result,
  type StagedArtifact,
  type StagedBlob,
  type StagedFile,
  type StoredArtifact,
  type StoreFailure,
  stageArtifact,
} from '../../../store/index.ts'
import {
  type ArtifactKind,
  checkedBy,
  type Declaration,
  type Failure,
  isJson,
  jobUnusable,
  normalOutput,
  notJson,
} from '../../core/index.ts'
import type { Execution } from './execution.ts'
import { removeUndeclared } from './undeclared.ts'
import { isWorkspaceWhole } from './workspace.ts'

/** A step's outputs, staged for the store unless it cannot take them. */
export interface StagedOutputs {
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly staged: readonly StagedBlob[]
  /** Every file among them, by its path in the workspace. */
  readonly files: readonly StagedFile[]
  /** Set when the store cannot take the outputs: the step is done, and its result is not kept. */
  readonly unrecorded?: StoreFailure
}

/** The execution whose outputs are checked. */
export type OutputSource = Pick<Execution, 'request' | 'stage' | 'workspace'>

/**
 * Checks that every declared output is there and is what it should be, and writes the JSON ones to their places.
 * Returns what contracts see of them: paths of files and trees, values of JSON.
 */
export function checkOutputs(
  { request, stage, workspace }: OutputSource,
  returned: unknown,
): Result<Readonly<Record<string, unknown>>, Failure> {
  const { step } = request
  if (!isWorkspaceWhole(workspace)) return { ok: false, error: replacedDirectory(step) }
  try {
    removeUndeclared(workspace, stage)
  } catch (error) {
    return { ok: false, error: jobUnusable(workspace.outDir, error) }
  }
  const seen: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(stage.outputs)) {
    const normal = normalOutput(declaration)
    const path = workspace.outputPaths[name] ?? ''
    if (normal.kind === 'json') {
      const written = writeJsonOutput(returned, { step, output: name, path, declaration: normal })
      if (!written.ok) return written
      seen[name] = written.value
    } else {
      const wrong = wrongOutput(step, name, normal, path)
      if (wrong !== undefined) return { ok: false, error: wrong }
      seen[name] = path
    }
  }
  return { ok: true, value: seen }
}

function replacedDirectory(step: string): Failure {
  const message =
    'the stage removed or replaced its working directory, or one that an output lies in; it may only write to them'
  return { kind: 'stage-failed', step, message }
}

/** Stages checked outputs from the workspace. */
export async function stageOutputs(
  store: LocalStore,
  { request, stage, workspace }: OutputSource,
): Promise<Result<StagedOutputs, Failure>> {
  const { step } = request
  const outputs: Record<string, StoredArtifact> = {}
  const staged: StagedBlob[] = []
  const files: StagedFile[] = []
  let unrecorded: StoreFailure | undefined = store.readOnly ? { kind: 'store-read-only', dir: store.dir } : undefined
  const fail = async (failure: Failure): Promise<Result<StagedOutputs, Failure>> => {
    await store.blobs.discard(staged)
    return { ok: false, error: failure }
  }
  for (const [name, declaration] of Object.entries(stage.outputs)) {
    const { kind } = normalOutput(declaration)
    const path = workspace.outputPaths[name] ?? ''
    if (unrecorded === undefined) {
      const taken: Result<StagedArtifact, StoreFailure> = await stageOutput(store.blobs, kind, path)
      if (taken.ok) {
        outputs[name] = taken.value.artifact
        staged.push(...taken.value.staged)
        files.push(...taken.value.files)
        continue
      }
      if (!isOfTheStore(taken.error)) return fail(unusableOutput(step, name, path, taken.error))
      unrecorded = taken.error
    }
    const artifact = await artifactOfPath(store, kind === 'tree' ? 'tree' : 'file', path)
    if (!artifact.ok) return fail(unusableOutput(step, name, path, artifact.error))
    outputs[name] = { ...artifact.value, kind }
  }
  return { ok: true, value: { outputs, staged, files, ...(unrecorded === undefined ? {} : { unrecorded }) } }
}

/** Stages one output from its path; a JSON output is there as its canonical text. */
export async function stageOutput(
  blobs: BlobStore,
  kind: ArtifactKind,
  path: string,
): Promise<Result<StagedArtifact, StoreFailure>> {
  if (kind !== 'json') return stageArtifact(blobs, kind, path)
  const blob = blobs.stageBytes(readFileSync(path))
  const { digest } = blob
  return {
    ok: true,
    value: { artifact: { kind, digest, sizeBytes: digest.sizeBytes }, staged: [blob], files: [{ path, digest }] },
  }
}

/** Tells a failure of the store, which only leaves the step unrecorded, from one of the output itself. */
function isOfTheStore(failure: StoreFailure): boolean {
  return failure.kind !== 'source-unreadable' && failure.kind !== 'source-unsupported'
}

function unusableOutput(step: string, output: string, path: string, failure: StoreFailure): Failure {
  return failure.kind === 'source-unreadable' && failure.code === 'ENOENT' && failure.path === path
    ? { kind: 'output-missing', step, output, path }
    : { kind: 'output-invalid', step, output, message: describeStoreFailure(failure) }
}

/** Returns what is wrong with a file or a tree. */
function wrongOutput(step: string, output: string, declaration: Declaration, path: string): Failure | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  const right = declaration.kind === 'tree' ? stat?.isDirectory() : stat?.isFile()
  if (stat === undefined) {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    if (!isLink) return { kind: 'output-missing', step, output, path }
    return { kind: 'output-invalid', step, output, message: `${path} is a symbolic link that leads nowhere` }
  }
  if (right !== true) {
    const [is, declared] = declaration.kind === 'tree' ? ['no directory', 'a tree'] : ['no file', 'a file']
    return {
      kind: 'output-invalid',
      step,
      output,
      message: `${basename(path)} is ${is}, but is declared as ${declared}`,
    }
  }
  const empty = declaration.kind === 'file' && stat.size === 0 && declaration.mayBeEmpty !== true
  return empty ? { kind: 'output-empty', step, output, path } : undefined
}

interface JsonOutput {
  readonly step: string
  readonly output: string
  readonly path: string
  readonly declaration: Declaration
}

/** Writes a JSON output to its path, and returns it as its schema gives it back. */
function writeJsonOutput(returned: unknown, { step, output, path, declaration }: JsonOutput): Result<unknown, Failure> {
  const fail = (error: Failure) => ({ ok: false, error }) as const
  const value: unknown = typeof returned === 'object' && returned !== null ? Reflect.get(returned, output) : undefined
  if (value === undefined) return fail({ kind: 'output-missing', step, output, path: `returned.${output}` })
  const checked = checkedBy(declaration, value)
  if (!checked.ok) return fail({ kind: 'output-invalid', step, output, message: checked.error })
  if (!isJson(checked.value)) {
    const { path: part, what } = notJson(checked.value, output) ?? { path: output, what: 'no JSON' }
    return fail({ kind: 'output-invalid', step, output, message: `${part} is ${what}, which JSON cannot hold` })
  }
  const text = canonicalJson(checked.value)
  try {
    writeAnew(path, text)
    return checked
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return fail({ kind: 'disk-full', step, path })
  }
}

/**
 * Writes a file over whatever the stage may have put there: it may be a link to a file elsewhere.
 */
function writeAnew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    rmSync(path, { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
  }
}

/** Returns whether an error says that a disk, or the user's part of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
