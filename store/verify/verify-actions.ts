import { blobsOf, type JobFile, jobFileOf } from '../actions/action-blobs.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import { actionKey } from '../contract/canonical-json.ts'
import type { Digest } from '../contract/digest.ts'
import type { NeededBlob } from '../contract/needed-blobs.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { keyPages } from './key-pages.ts'
import { isStillDamaged, type Suspect } from './verify-blobs.ts'
import { inWriteLock } from './verify-lock.ts'
import type { DamagedAction, DamagedBlob } from './verify-report.ts'

const keysMax = 256

export interface CheckedActions {
  readonly actions: number
  readonly damage: readonly (DamagedAction | DamagedBlob)[]
}

interface Options {
  readonly repair: boolean
  readonly suspects: readonly Suspect[]
  readonly signal?: AbortSignal | undefined
}

interface Unusable {
  readonly blob: NeededBlob
  readonly what: string
}

/**
 * Checks every action's record, that all its blobs exist, and which files need the damaged blobs. A repair removes the
 * actions that cannot be cache hits, and leaves the reason for a later miss.
 */
export async function checkActions(store: DirectoryStore, options: Options): Promise<CheckedActions> {
  const checker = new ActionChecker(store, options)
  for await (const keys of keyPages(store.context, 'actions-1', { keysMax, signal: options.signal })) {
    for (const key of keys) checker.check(Buffer.from(key).toString('hex'))
  }
  return checker.result()
}

class ActionChecker {
  readonly #store: DirectoryStore
  readonly #repair: boolean
  readonly #suspects: ReadonlyMap<string, Suspect>
  readonly #blobs = new Map<string, { readonly what: string; readonly neededBy: JobFile[] }>()
  readonly #actions: DamagedAction[] = []
  #count = 0

  constructor(store: DirectoryStore, { repair, suspects }: Options) {
    this.#store = store
    this.#repair = repair
    this.#suspects = new Map(suspects.map((suspect) => [suspect.hash, suspect]))
    for (const { hash, what } of suspects) this.#blobs.set(hash, { what, neededBy: [] })
  }

  check(key: ActionKey): void {
    this.#count++
    const record = this.#store.actionTable.get(key)
    if (record === undefined) return
    if (record !== 'corrupt' && recordProblem(record) === undefined && this.#unusable(record).length === 0) return
    // Again under the lock: a collection may have been removing this action.
    inWriteLock(this.#store.context, () => this.#settle(key))
  }

  result(): CheckedActions {
    const blobs = [...this.#blobs].map(([hash, found]): DamagedBlob => ({ kind: 'blob', hash, ...found }))
    return { actions: this.#count, damage: [...blobs, ...this.#actions] }
  }

  #settle(key: ActionKey): void {
    const record = this.#store.actionTable.get(key)
    if (record === undefined) return
    const problem = record === 'corrupt' ? 'its record has a wrong checksum' : recordProblem(record)
    if (record === 'corrupt' || problem !== undefined) {
      this.#actions.push({ kind: 'action', key, what: problem ?? '', usedBy: this.#usersOf(key) })
      this.#forget(key, 'its record was damaged')
      return
    }
    const unusable = this.#unusable(record)
    for (const { blob, what } of unusable) this.#note(record, blob, what)
    const [first] = unusable
    if (first !== undefined) this.#forget(key, `the output '${first.blob.output}' was damaged: ${first.what}`)
  }

  #note(record: ActionRecord, blob: NeededBlob, what: string): void {
    const { hash } = blob.digest
    const found = this.#blobs.get(hash) ?? { what, neededBy: [] }
    found.neededBy.push(jobFileOf(record, blob))
    this.#blobs.set(hash, found)
  }

  #unusable(record: ActionRecord): readonly Unusable[] {
    const { blobs, unlisted } = blobsOf(this.#store.context, record)
    const found = blobs.flatMap((blob) => {
      const what = this.#blobProblem(blob.digest)
      return what === undefined ? [] : [{ blob, what }]
    })
    const named = new Set(found.map(({ blob }) => blob.digest.hash))
    const unread = unlisted.filter(({ digest }) => !named.has(digest.hash))
    return [...found, ...unread.map((blob) => ({ blob, what: 'it is not the listing of a tree' }))]
  }

  #blobProblem(digest: Digest): string | undefined {
    const { context } = this.#store
    const suspect = this.#suspects.get(digest.hash)
    const state = context.blobTable.state(digest)
    if (state === 'present') {
      return suspect !== undefined && isStillDamaged(context, suspect) ? suspect.what : undefined
    }
    if (suspect !== undefined) return suspect.what
    return state === 'corrupt' ? 'it was found damaged before' : 'it is not in the store'
  }

  #forget(key: ActionKey, what: string): void {
    if (!this.#repair) return
    const { actionTable, uses, context } = this.#store
    actionTable.remove(key)
    uses.remove(key)
    context.tombstones.put(hashKey(key), { kind: 'corrupt', at: new Date(context.now()).toISOString(), what })
  }

  #usersOf(key: ActionKey): DamagedAction['usedBy'] {
    const { jobs } = this.#store.ledger
    return jobs
      .list()
      .flatMap(({ job, pipeline }) =>
        [...jobs.steps(job)].flatMap(([step, memory]) => (memory.key === key ? [{ pipeline, step, job }] : [])),
      )
  }
}

function recordProblem({ key, action, result }: ActionRecord): string | undefined {
  if (actionKey(action) !== key) return 'its action has a different key'
  const odd = Object.entries(result.outputs).find(
    ([, { kind, digest, sizeBytes }]) => kind !== 'tree' && digest.sizeBytes !== sizeBytes,
  )
  return odd === undefined ? undefined : `the size of its output '${odd[0]}' does not match its bytes`
}
