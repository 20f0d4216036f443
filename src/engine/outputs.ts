import { readFileSync, statSync, writeFileSync } from 'node:fs'
import {
  artifactOfPath,
  type BlobStore,
  canonicalJson,
  describeStoreFailure,
  type Result,
  type StagedArtifact,
  type StagedBlob,
  type StagedFile,
  type Store,
  type StoredArtifact,
  type StoreFailure,
  stageArtifact,
} from '../../store/index.ts'
import { type ArtifactKind, type Declaration, type Failure, isJson, normalOutput, type Step } from '../core/index.ts'
import { removeUndeclared, type Workspace } from './workspace.ts'

/** A step's outputs: checked, and staged for the store unless it cannot take them. */
export interface TakenOutputs {
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly staged: readonly StagedBlob[]
  /** Every file among them, where it lies in the workspace. */
  readonly files: readonly StagedFile[]
  /** Set when the store cannot take the outputs: the step is done, and its result is not kept. */
  readonly unrecorded?: StoreFailure
}

/** Checks a JSON value by the schema of its declaration. */
export function checkedBy(declaration: Declaration, value: unknown): Result<unknown, string> {
  if (declaration.schema === undefined) return { ok: true, value }
  const checked = declaration.schema['~standard'].validate(value)
  if (checked instanceof Promise) throw new TypeError('a schema of an artifact validates asynchronously')
  if (checked.issues === undefined) return { ok: true, value: checked.value }
  const first = checked.issues[0]
  const where = (first?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return { ok: false, error: `${where === '' ? '' : `${where}: `}${first?.message ?? 'invalid'}` }
}

/** Where outputs are taken from, and for whom. */
export interface OutputSource {
  readonly step: Pick<Step, 'id' | 'stage'>
  readonly workspace: Workspace
  readonly store: Store
}

/** Checks that every declared output is there and is what it should be, and stages it. */
export async function takeOutputs(source: OutputSource, returned: unknown): Promise<Result<TakenOutputs, Failure>> {
  const { step, workspace, store } = source
  const outputs: Record<string, StoredArtifact> = {}
  const staged: StagedBlob[] = []
  const files: StagedFile[] = []
  let unrecorded: StoreFailure | undefined = store.readOnly ? { kind: 'store-read-only', dir: store.dir } : undefined
  const fail = async (failure: Failure): Promise<Result<TakenOutputs, Failure>> => {
    await store.blobs.discard(staged)
    return { ok: false, error: failure }
  }
  removeUndeclared(workspace, step.stage)
  for (const [name, declaration] of Object.entries(step.stage.outputs)) {
    const normal = normalOutput(declaration)
    const path = workspace.outputPaths[name] ?? ''
    const wrong = wrongOutput(step.id, name, normal, path, returned)
    if (wrong !== undefined) return fail(wrong)
    if (unrecorded === undefined) {
      const taken: Result<StagedArtifact, StoreFailure> = await stageOutput(store.blobs, normal.kind, path)
      if (taken.ok) {
        outputs[name] = taken.value.artifact
        staged.push(...taken.value.staged)
        files.push(...taken.value.files)
        continue
      }
      if (!isOfTheStore(taken.error)) return fail(unusableOutput(step.id, name, path, taken.error))
      unrecorded = taken.error
    }
    const artifact = await artifactOfPath(store, normal.kind === 'tree' ? 'tree' : 'file', path)
    if (!artifact.ok) return fail(unusableOutput(step.id, name, path, artifact.error))
    outputs[name] = { ...artifact.value, kind: normal.kind }
  }
  return { ok: true, value: { outputs, staged, files, ...(unrecorded === undefined ? {} : { unrecorded }) } }
}

/** Stages one output from where it lies; a JSON output lies there as its canonical text. */
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
  return failure.kind === 'source-unreadable' && failure.code === 'ENOENT'
    ? { kind: 'output-missing', step, output, path }
    : { kind: 'output-invalid', step, output, message: describeStoreFailure(failure) }
}

/** Returns what is wrong with an output; a JSON output that is right is written to its path. */
function wrongOutput(
  step: string,
  output: string,
  declaration: Declaration,
  path: string,
  returned: unknown,
): Failure | undefined {
  if (declaration.kind === 'json') return writeJsonOutput(step, output, declaration, path, returned)
  const stat = statSync(path, { throwIfNoEntry: false })
  const right = declaration.kind === 'tree' ? stat?.isDirectory() : stat?.isFile()
  if (stat === undefined || right !== true) return { kind: 'output-missing', step, output, path }
  const empty = declaration.kind === 'file' && stat.size === 0 && declaration.mayBeEmpty !== true
  return empty ? { kind: 'output-empty', step, output, path } : undefined
}

function writeJsonOutput(
  step: string,
  output: string,
  declaration: Declaration,
  path: string,
  returned: unknown,
): Failure | undefined {
  const value: unknown = typeof returned === 'object' && returned !== null ? Reflect.get(returned, output) : undefined
  if (value === undefined) return { kind: 'output-missing', step, output, path: `returned.${output}` }
  const checked = checkedBy(declaration, value)
  if (!checked.ok) return { kind: 'output-invalid', step, output, message: checked.error }
  if (!isJson(checked.value)) return { kind: 'output-invalid', step, output, message: 'it is not JSON' }
  try {
    writeFileSync(path, canonicalJson(checked.value))
    return undefined
  } catch {
    return { kind: 'disk-full', step, path }
  }
}
