import { type DirectoryStore, inspectAction } from '../../../store/index.ts'
import { describeChange, describeReason, type Reason } from '../../core/index.ts'
import { listTakes } from '../../engine/index.ts'
import { type Decision, skipLine } from '../../report/text/explanation.ts'
import { printable } from '../../report/text/printable.ts'
import type { StepAnswer, StepOutput, TakeRow, WhyPart } from '../api/messages.ts'
import { outputFiles } from '../files/output-files.ts'
import type { StepPlace } from '../files/step-places.ts'

interface StepFacts {
  readonly jobDir: string
  readonly id: string
  readonly place: StepPlace | undefined
  readonly decision: Decision | undefined
  /** The key of the result before the last change. */
  readonly before: string | undefined
  readonly store: DirectoryStore | undefined
}

/** Returns what the drawer shows of a step: why it ran, what it made, its manifest and its takes. */
export async function stepDetail({ jobDir, id, place, decision, before, store }: StepFacts): Promise<StepAnswer> {
  const key = decision !== undefined && 'key' in decision ? decision.key : place?.manifest.action_key
  return {
    id,
    decision: wordOf(decision),
    why: whyParts(decision),
    ...(key === undefined ? {} : { key }),
    outputs: place === undefined ? [] : stepOutputs(jobDir, place),
    ...(place === undefined ? {} : { manifest: place.manifest, directory: place.directory }),
    ...(hasResult(store, before) ? { hasBefore: true } : {}),
    takes: store === undefined ? [] : await takesOf(store, jobDir, id),
  }
}

function hasResult(store: DirectoryStore | undefined, key: string | undefined): boolean {
  const found = store === undefined || key === undefined ? undefined : inspectAction(store, key)
  return found?.ok === true && found.value.kind === 'found' && found.value.value.record !== undefined
}

export function stepOutputs(jobDir: string, place: StepPlace): readonly StepOutput[] {
  return Object.entries(place.manifest.output_artifacts).map(([name, { kind }]) => {
    const { files, more } = outputFiles(jobDir, place, name) ?? { files: [], more: 0 }
    return { name, kind, files, more }
  })
}

function wordOf(decision: Decision | undefined): StepAnswer['decision'] {
  if (decision === undefined) return 'unknown'
  if (decision.event === 'stage_cache_miss') return 'miss'
  return decision.because === 'cached' ? 'hit' : 'skipped'
}

function whyParts(decision: Decision | undefined): readonly WhyPart[] {
  if (decision === undefined) return []
  if (decision.event === 'stage_skipped') return [{ text: skipLine(decision, 'nothing changed') }]
  return decision.reasons.flatMap(partsOf)
}

function partsOf(reason: Reason): readonly WhyPart[] {
  if (reason.kind === 'changed') {
    const { path, from, to } = reason
    return [{ text: printable(describeReason(reason)), path: printable(path), from, to }]
  }
  if (reason.kind !== 'never-run') return [{ text: printable(describeReason(reason)) }]
  const { nearest = [] } = reason
  if (nearest.length === 0) return [{ text: 'it has never run' }]
  return [
    { text: 'it has never run in this job; the nearest result differs in:' },
    ...nearest.map((change) => ({
      text: printable(describeChange(change)),
      path: printable(change.path),
      from: change.from,
      to: change.to,
    })),
  ]
}

async function takesOf(store: DirectoryStore, jobDir: string, id: string): Promise<readonly TakeRow[]> {
  const takes = await listTakes(store, jobDir, id)
  if (!takes.ok) return []
  return takes.value.map(({ step, take, isCurrent, result, gone }) => ({
    step,
    take,
    isCurrent,
    ...(result === undefined
      ? {}
      : { ms: result.durationMs, sizeBytes: result.sizeBytes, producedAt: result.producedAt }),
    ...(gone === undefined ? {} : { gone: printable(gone) }),
  }))
}
