import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { JsonValue } from '../contract/json.ts'
import { isArray, isCount } from '../contract/json-guards.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { SystemError, ThrownFailure, valueOr } from '../disk/io-failure.ts'
import { type Layout, layoutOf, newTmpPath } from '../disk/layout.ts'
import { makeDirectory } from '../disk/make-directory.ts'
import { runIndexChild } from './index-child-process.ts'

/** Reads every record of the index in a child process, and returns what is wrong; throws system errors. */
export async function lookAtIndex({ dir }: Layout, held: readonly number[]): Promise<readonly string[]> {
  const end = await runIndexChild(['probe', dir], held)
  return end.kind === 'crashed' ? [end.how] : textsOf(end.answer.problems)
}

/** Has a child process make the index of a new store; throws where LMDB cannot have its files there. */
export async function makeInChild({ dir, index }: Layout, held: readonly number[]): Promise<void> {
  const end = await runIndexChild(['make', dir], held)
  if (end.kind === 'crashed') throw cannotOpen(dir, `LMDB cannot make its files in ${index} (${end.how})`)
}

function cannotOpen(dir: string, what: string): ThrownFailure {
  const needs = 'look at the limits of this process, and at the file system, which has to have locks and memory maps'
  return new ThrownFailure({ kind: 'store-refused', dir, reason: `${what}: ${needs}` })
}

/**
 * Has a child process make a new index of the old one, whether that is damaged or not; for whoever holds the lock. What
 * ends the child is left out the next time, so that everything before it and behind it is kept. Throws system errors.
 */
export async function renewInChild(layout: Layout, isGone: boolean, held: readonly number[]): Promise<IndexRepair> {
  const building = newTmpPath(layout)
  const progress = `${building}p`
  const limits = new Map<string, number>()
  const problems: string[] = isGone ? ['it was missing'] : []
  let what: 'copy' | 'salvage' | 'replace' = isGone ? 'replace' : 'copy'
  const clear = () => rmSync(building, { recursive: true, force: true })
  try {
    for (;;) {
      const numbers = [...limits].map(([phase, count]) => `${phase}=${count}`)
      const end = await runIndexChild([what, layout.dir, building, progress, ...numbers], held)
      if (end.kind === 'answered') {
        const { records, actions, adoptedBlobs, movedTo } = end.answer
        if (!isCount(records) || !isCount(actions) || !isCount(adoptedBlobs)) throw new Error('it is no answer')
        problems.push(...textsOf(end.answer.problems))
        return { problems, records, actions, adoptedBlobs, ...(typeof movedTo === 'string' ? { movedTo } : {}) }
      }
      clear()
      const { phase, count } = readProgress(progress)
      if (phase === '') throw new SystemError('EIO', `the index cannot be read: ${end.how}`)
      problems.push(phase.includes(':') ? `${phase.replace(/:.*/, '')}: ${end.how}` : end.how)
      // The new index may be in place already: the caller looks again.
      if (phase === 'switch') throw new SystemError('EBUSY', `the rebuild ended while it switched: ${end.how}`)
      if (phase === 'open' && (await runIndexChild(['open-copy', layout.dir, building], held)).kind === 'answered') {
        throw cannotOpen(layout.dir, `LMDB cannot open its files in ${layout.index} (${end.how}), but a copy of them`)
      }
      if (phase.includes(':') && count < (limits.get(phase) ?? Number.POSITIVE_INFINITY)) limits.set(phase, count)
      // What ends the child outside of any record: only blobs and job directories are left.
      else if (what === 'salvage' || phase === 'open') {
        await demandLmdb(building, held)
        what = 'replace'
      } else if (what === 'replace') throw new SystemError('EIO', `a new index cannot be made: ${end.how}`)
      if (what === 'copy') what = 'salvage'
      clear()
    }
  } finally {
    clear()
    valueOr(undefined, () => rmSync(progress, { force: true }))
  }
}

/** Throws where LMDB ends a process that makes a new index, too: then it is not the fault of the old one. */
async function demandLmdb(building: string, held: readonly number[]): Promise<void> {
  const trial = layoutOf(building)
  for (const dir of [trial.dir, trial.index, trial.tmp]) makeDirectory(dir, 0o700)
  await makeInChild(trial, held)
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

/** The phase is empty where the child did not come as far as that. Throws system errors. */
function readProgress(path: string): { readonly phase: string; readonly count: number } {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const [phase = '', count = ''] = text.trim().split(' ')
  return { phase, count: Number(count) }
}
