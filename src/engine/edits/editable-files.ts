import { resolve } from 'node:path'
import {
  correctionsLease,
  type JsonObject,
  type JsonValue,
  type LocalStore,
  type Result,
} from '../../../store/index.ts'
import {
  type AnyPipeline,
  buildGraph,
  type Correctable,
  type EditableFile,
  type Failure,
  type HandEdit,
  type ListedCorrection,
  type Overlay,
} from '../../core/index.ts'
import { errorMessage } from '../system/error-message.ts'
import { correctionsPath, readCorrections, writeCorrections } from './corrections-file.ts'
import { recordedStep } from './recorded-step.ts'
import { correctedDirectory, valuesOf } from './take-edits.ts'

/** What an editor can change in a job. */
export interface Editable {
  /** The files with all corrections so far, also those that no run has merged yet. */
  readonly files: readonly EditableFile[]
  /** The corrections one by one. */
  readonly list: readonly ListedCorrection[]
  /** The id of the step whose files they are, and its directory. */
  readonly step: string
  readonly dir: string
  /** The file of corrections; absolute. */
  readonly path: string
  readonly corrections?: JsonValue
  /** The JSON outputs of the step, as they were computed. */
  readonly outputs: HandEdit['outputs']
  readonly params: JsonObject
}

/** A file that an editor changed. */
export interface EditedFile extends EditableFile {
  /** The text that the editor began with: if the file is another one by now, it is refused. */
  readonly base?: string
}

export interface SavedEdits {
  /** How many corrections are new, other than before, or taken back. */
  readonly changed: number
  readonly refused: readonly RefusedEdit[]
}

export interface RefusedEdit {
  readonly path: string
  readonly why: string
  /** Whether the file changed since the editor began; it has to begin again with what `editableFiles` returns. */
  readonly isStale?: true
}

/** A job that is edited: what its `job.json` says, and its pipeline. */
export interface EditedJob {
  readonly jobDir: string
  readonly pipeline: AnyPipeline
  readonly record: {
    readonly inputs: Readonly<Record<string, string | readonly string[]>>
    readonly params: JsonObject
  }
}

/** Returns the files of a job that an editor can change: the next run merges what `saveEdits` saves. */
export function editableFiles(job: EditedJob): Result<Editable, Failure> {
  const found = stateOf(job)
  if (!found.ok) return found
  const { overlay, ...state } = found.value
  try {
    return { ok: true, value: { ...state, files: overlay.show?.(state) ?? [], list: overlay.list?.(state) ?? [] } }
  } catch (error) {
    return unusable(job.jobDir, `its corrections cannot be shown: ${errorMessage(error)}`)
  }
}

/**
 * Saves files that an editor changed, as corrections of the job; the files in the job stay as they are. Each file is one
 * that `editableFiles` returned, with another text. What is saved is on the disk when this returns.
 */
export function saveEdits(
  store: LocalStore,
  job: EditedJob,
  files: readonly EditedFile[],
): Promise<Result<SavedEdits, Failure>> {
  return changeCorrections(store, job, ({ overlay, ...state }) => {
    const stale = staleEdits(overlay.show?.(correctable(state)) ?? [], files)
    const fit = files.filter(({ path }) => !stale.some((edit) => edit.path === path))
    if (fit.length === 0) return { value: { changed: 0, refused: stale } }
    const edited = fit.map(({ path, text }) => ({ path, text }))
    const taken = overlay.take({ ...correctable(state), files: edited, isPending: true })
    const { corrections, changed, refused } = taken
    return { ...(changed > 0 ? { next: corrections } : {}), value: { changed, refused: [...stale, ...refused] } }
  })
}

/** A run, another editor or another tab may have changed a file: what is saved over it would take that back. */
function staleEdits(now: readonly EditableFile[], files: readonly EditedFile[]): readonly RefusedEdit[] {
  return files.flatMap(({ path, base }): readonly RefusedEdit[] => {
    const known = now.find((file) => file.path === path)
    if (known === undefined) return [{ path, why: 'it is not a file that can be edited' }]
    if (base === undefined || base === known.text) return []
    return [{ path, why: 'it has changed since the editor read it', isStale: true }]
  })
}

/** Settles corrections of a job by their ids in `editableFiles`: `yours` stays, or what is `computed` takes its place. */
export function settleCorrections(
  store: LocalStore,
  job: EditedJob,
  ids: readonly string[],
  keep: 'yours' | 'computed',
): Promise<Result<void, Failure>> {
  return changeCorrections(store, job, ({ overlay, ...state }) => {
    const next = overlay.settle?.(correctable(state), ids, keep)
    return { ...(next === undefined ? {} : { next }), value: undefined }
  })
}

type State = Omit<Editable, 'files' | 'list'> & { readonly overlay: Overlay }

function correctable({ corrections, outputs, params }: State | Omit<State, 'overlay'>): Correctable {
  return { ...(corrections === undefined ? {} : { corrections }), outputs, params }
}

async function changeCorrections<T>(
  store: LocalStore,
  job: EditedJob,
  change: (state: State) => { readonly next?: JsonValue; readonly value: T },
): Promise<Result<T, Failure>> {
  const lease = await store.leases.acquire(correctionsLease(resolve(job.jobDir)), 'saves edits')
  try {
    const found = stateOf(job)
    if (!found.ok) return found
    const { next, value } = change(found.value)
    if (next !== undefined) writeCorrections(found.value.path, next)
    return { ok: true, value }
  } catch (error) {
    return unusable(job.jobDir, `its corrections could not be saved: ${errorMessage(error)}`)
  } finally {
    lease.release()
  }
}

function stateOf({ jobDir, pipeline, record }: EditedJob): Result<State, Failure> {
  const graph = buildGraph(pipeline, record.params)
  if (!graph.ok) return { ok: false, error: { kind: 'invalid', problems: graph.error } }
  const { overlay } = graph.value
  if (overlay?.show === undefined) return unusable(jobDir, `the pipeline '${pipeline.name}' has nothing to edit`)
  const given = record.inputs[overlay.input]
  if (given !== undefined)
    return unusable(jobDir, `its corrections are given by ${[given].flat().join(', ')}: edit them there`)
  const path = correctionsPath(resolve(jobDir), overlay)
  const before = readCorrections(path)
  if (before.kind === 'invalid') return unusable(jobDir, `${path} is not valid JSON`)
  const dir = correctedDirectory(resolve(jobDir), graph.value, overlay)
  const recorded = recordedStep(dir)
  if (recorded === undefined || recorded.hasFailed)
    return unusable(jobDir, `its step '${overlay.step}' has no result yet`)
  const corrections = before.kind === 'read' ? { corrections: before.value } : {}
  const { step } = overlay
  const params = graph.value.steps.find(({ id }) => id === step)?.params ?? {}
  return { ok: true, value: { overlay, step, dir, path, ...corrections, outputs: valuesOf(dir, recorded), params } }
}

function unusable(dir: string, reason: string): Result<never, Failure> {
  return { ok: false, error: { kind: 'job-unusable', dir, reason } }
}
