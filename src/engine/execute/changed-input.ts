import { existsSync } from 'node:fs'
import { type LocalStore, materializeArtifact } from '../../../store/index.ts'
import type { Failure } from '../../core/index.ts'
import { copyStamp } from '../system/own-copy.ts'
import { type Available, availableOf, isUnchanged, type ResolvedInputs } from './inputs.ts'

/** A copy that a stage was given of an input. */
export interface InputCopy {
  readonly source: string
  readonly path: string
  /** What changes when the stage writes to it. */
  readonly stamp: string
}

/** An execution that has ended, as far as its inputs are concerned. */
interface Used {
  readonly step: string
  readonly inputs: ResolvedInputs
  /** Of which the stage had copies; of the others, it had links. */
  readonly copies: readonly InputCopy[]
  /** Absolute; what lies in it came from the store. */
  readonly jobDir: string
}

type InputChanged = Extract<Failure, { readonly kind: 'input-changed' }>

/**
 * Returns the failure of a step of which an input was changed while it ran, by its stage or by someone else. What came
 * from the store is put right.
 */
export async function changedInput(
  store: LocalStore,
  { step, inputs, copies, jobDir }: Used,
): Promise<InputChanged | undefined> {
  let found: InputChanged | undefined
  for (const available of availableOf(inputs)) {
    const { artifact, path } = available
    const ofPath = copies.filter(({ source }) => source === path)
    for (const copy of ofPath) {
      if (copyStamp(copy.path) === copy.stamp || !existsSync(copy.path)) continue
      if (await isUnchanged(store, { artifact, path: copy.path })) continue
      found ??= { kind: 'input-changed', step, path, written: 'copy' }
    }
    if (await isUnchanged(store, available)) continue
    const isLinked = ofPath.length === 0 && artifact.kind !== 'json'
    const written = isLinked && { written: await harmAfter(store, available, jobDir) }
    found ??= { kind: 'input-changed', step, path, ...written }
  }
  return found
}

/** Puts an output of another step back as it was. */
async function harmAfter(
  store: LocalStore,
  { artifact, path }: Available,
  jobDir: string,
): Promise<'restored' | 'changed'> {
  if (!path.startsWith(`${jobDir}/`)) return 'changed'
  return (await materializeArtifact(store, artifact, path)).ok ? 'restored' : 'changed'
}
