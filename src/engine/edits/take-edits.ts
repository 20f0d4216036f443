import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { correctionsLease, digestBytes, type JsonValue, type LocalStore } from '../../../store/index.ts'
import { type EventBody, type Graph, type HandEdit, type Overlay, stepDirectory } from '../../core/index.ts'
import { jsonValueAt } from '../execute/inputs.ts'
import { errorMessage } from '../system/error-message.ts'
import { correctionsPath, readCorrections, writeCorrections } from './corrections-file.ts'
import { findEdits } from './find-edits.ts'
import { type RecordedStep, recordedStep } from './recorded-step.ts'

/** What of a run it takes to take edits. */
export interface TakingContext {
  readonly store: LocalStore
  readonly jobDir: string
  readonly graph: Pick<Graph, 'order' | 'parts' | 'overlay'>
  readonly emit: (event: EventBody) => void
}

/** Corrections with what was changed by hand in a job. */
export interface NewCorrections {
  readonly value: JsonValue
  readonly changed: number
  /** Below the step's directory. */
  readonly files: readonly string[]
  /** The digests of files that are wholly in the corrections, by absolute path: they need not be kept aside. */
  readonly whole: ReadonlyMap<string, string>
}

/** A subtitle file has a megabyte at most; what is larger is not text that a person wrote. */
const largestBytes = 64 * 2 ** 20

/**
 * Takes what a person changed in the job into its file of corrections, before the step that would replace it runs: it is
 * written durably first. Returns what was taken; undefined where nothing was. What cannot be taken stays where it is, and
 * is kept aside when its step runs. The caller holds the job's lease.
 */
export async function takeEdits(context: TakingContext, isOwn: boolean): Promise<NewCorrections | undefined> {
  const { store, jobDir, graph } = context
  const { overlay } = graph
  if (overlay === undefined) return undefined
  const lease = store.readOnly ? undefined : await store.leases.acquire(correctionsLease(jobDir), 'takes edits')
  try {
    return await takeHeld(context, overlay, isOwn)
  } finally {
    lease?.release()
  }
}

async function takeHeld(context: TakingContext, overlay: Overlay, isOwn: boolean): Promise<NewCorrections | undefined> {
  const { jobDir, emit } = context
  const found = await newCorrections(context, isOwn)
  if (found === undefined) return undefined
  const { value, changed, files } = found
  const path = correctionsPath(jobDir, overlay)
  try {
    if (changed > 0) writeCorrections(path, value)
  } catch (error) {
    const message = `${path} could not be written (${errorMessage(error)}); what was changed by hand is kept aside`
    emit({ event: 'pipeline_warning', message })
    return undefined
  }
  emit({ event: 'corrections_taken', from: overlay.step, files: [...files], path: `${overlay.input}.json`, changed })
  return found
}

/** Returns the corrections of a job with what a person changed there, without writing them. */
export async function newCorrections(
  { store, jobDir, graph, emit }: TakingContext,
  isOwn: boolean,
): Promise<NewCorrections | undefined> {
  const { overlay } = graph
  if (overlay === undefined) return undefined
  const dir = correctedDirectory(jobDir, graph, overlay)
  const recorded = recordedStep(dir)
  if (recorded === undefined || recorded.hasFailed) return undefined
  const files = textsOf(dir, await findEdits(store, dir))
  if (files.length === 0) return undefined
  const warn = (message: string) => emit({ event: 'pipeline_warning', message })
  if (!isOwn) {
    const names = files.map(({ path }) => path).join(', ')
    warn(
      `${names} of step ${overlay.step} changed by hand, and not taken as corrections, because the run is given others as ` +
        `the input '${overlay.input}'`,
    )
    return undefined
  }
  const before = readCorrections(correctionsPath(jobDir, overlay))
  if (before.kind === 'invalid') return undefined
  try {
    const edit: HandEdit = {
      ...(before.kind === 'read' ? { corrections: before.value } : {}),
      outputs: valuesOf(dir, recorded),
      files: files.map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') })),
    }
    return taken(overlay, edit, { dir, files, warn })
  } catch (error) {
    warn(`what was changed by hand in step ${overlay.step} could not be taken as corrections: ${errorMessage(error)}`)
    return undefined
  }
}

/** Returns the directory of the step whose outputs people correct. */
export function correctedDirectory(jobDir: string, graph: Pick<Graph, 'order' | 'parts'>, { step }: Overlay): string {
  return join(jobDir, stepDirectory(graph, { id: step, name: step }))
}

interface ChangedFile {
  readonly path: string
  readonly bytes: Buffer
}

function taken(
  overlay: Overlay,
  edit: HandEdit,
  place: { readonly dir: string; readonly files: readonly ChangedFile[]; readonly warn: (message: string) => void },
): NewCorrections | undefined {
  const { dir, files, warn } = place
  const { corrections, changed, whole, refused } = overlay.take(edit)
  for (const { path, why } of refused)
    warn(`${path} of step ${overlay.step} was changed by hand, and not taken: ${why}`)
  const left = new Set(refused.map(({ path }) => path))
  const took = files.filter(({ path }) => !left.has(path))
  if (took.length === 0) return undefined
  for (const { path } of took.filter(({ path }) => !whole.includes(path)))
    warn(
      `${path} of step ${overlay.step} has more than corrections hold, such as markup; only what they hold was taken`,
    )
  const digests = took.flatMap(({ path, bytes }) =>
    whole.includes(path) ? [[join(dir, path), digestBytes(bytes).hash] as const] : [],
  )
  return { value: corrections, changed, files: took.map(({ path }) => path), whole: new Map(digests) }
}

function textsOf(dir: string, paths: readonly string[]): readonly ChangedFile[] {
  return paths.flatMap((path): readonly ChangedFile[] => {
    try {
      const stats = lstatSync(join(dir, path))
      return stats.isFile() && stats.size <= largestBytes ? [{ path, bytes: readFileSync(join(dir, path)) }] : []
    } catch {
      // It is gone meanwhile, or cannot be read: then it is not taken.
      return []
    }
  })
}

/** Returns the JSON outputs of a step that nobody has changed. */
export function valuesOf(dir: string, { outputs }: RecordedStep): Record<string, JsonValue> {
  return Object.fromEntries(
    outputs.flatMap(({ name, kind, path, hash }) => {
      if (kind !== 'json' || hash === undefined) return []
      const value = jsonValueAt({
        artifact: { kind, digest: { hash, sizeBytes: 0 }, sizeBytes: 0 },
        path: join(dir, path),
      })
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
