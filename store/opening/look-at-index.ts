import { readFileSync, rmSync } from 'node:fs'
import { isCount } from '../contract/json-guards.ts'
import type { IndexRepair } from '../contract/local/local-store.ts'
import { SystemError, valueOr } from '../disk/io-failure.ts'
import { type Layout, newTmpPath } from '../disk/layout.ts'
import { runIndexChild } from './index-child-process.ts'
import type { Probe } from './probe-index.ts'

/** Looks at every record of the index in a child process, for at most `budgetMs`; throws system errors. */
export async function lookAtIndex(
  layout: Layout,
  readOnly: boolean,
  budgetMs = Number.MAX_SAFE_INTEGER,
): Promise<Probe> {
  const end = await runIndexChild(['probe', layout.dir, readOnly ? 'read-only' : 'read-write', String(budgetMs)])
  if (end.kind === 'crashed') return { problems: [end.how], whole: true }
  const { problems, whole } = end.answer
  const texts = Array.isArray(problems) ? problems.filter((problem) => typeof problem === 'string') : []
  return { problems: texts, whole: whole === true }
}

/**
 * Has a child process rebuild the index; for whoever holds the lock. What ends the child is left out the next time, so
 * that everything before it and behind it is kept. Throws system errors.
 */
export async function rebuildInChild(
  layout: Layout,
  problems: readonly string[],
  isGone: boolean,
): Promise<IndexRepair> {
  const building = newTmpPath(layout)
  const progress = newTmpPath(layout)
  const limits = new Map<string, number>()
  let readsOld = !isGone
  try {
    for (;;) {
      const numbers = [...limits].map(([phase, count]) => `${phase}=${count}`)
      const mode = readsOld ? 'read-old' : 'without-old'
      const end = await runIndexChild(['rebuild', layout.dir, building, progress, mode, ...numbers])
      if (end.kind === 'answered') {
        const { records, actions, adoptedBlobs, movedTo } = end.answer
        if (!isCount(records) || !isCount(actions) || !isCount(adoptedBlobs)) throw new Error('it is no answer')
        return { problems, records, actions, adoptedBlobs, ...(typeof movedTo === 'string' ? { movedTo } : {}) }
      }
      const { phase, count } = readProgress(progress)
      if (phase.includes(':') && count < (limits.get(phase) ?? Number.POSITIVE_INFINITY)) limits.set(phase, count)
      // The new index may be in place already: the caller looks again.
      else if (phase === 'switch') throw new SystemError('EBUSY', `the rebuild ended while it switched: ${end.how}`)
      // What ends the child outside of any record, such as a damaged free list: only blobs and job directories are left.
      else if (readsOld) readsOld = false
      else throw new SystemError('EIO', `a new index cannot be made: ${end.how}`)
    }
  } finally {
    for (const path of [building, progress]) valueOr(undefined, () => rmSync(path, { recursive: true, force: true }))
  }
}

function readProgress(path: string): { readonly phase: string; readonly count: number } {
  const [phase = '', count = ''] = valueOr('', () => readFileSync(path, 'utf8'))
    .trim()
    .split(' ')
  return { phase, count: Number(count) }
}
