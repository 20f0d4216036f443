import { type JobFile, jobFileOf, peekListing } from '../actions/action-blobs.ts'
import { peekItems } from '../blobs/list-items.ts'
import type { ActionKey, ActionRecord } from '../contract/action-cache.ts'
import type { Digest } from '../contract/digest.ts'
import { isObject } from '../contract/json-guards.ts'
import { neededBlobs } from '../contract/needed-blobs.ts'
import type { TreeEntry } from '../contract/tree.ts'
import { jobEntries } from '../ledger/job-records.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { hashesIn } from '../tables/action-inputs.ts'
import type { ForgetReport, ForgottenAction, KeptBlob } from './forget-report.ts'
import { type Derived, type TracedAction, type TracedBlob, type TraceFacts, traceDerived } from './forget-trace.ts'

/** Trees and lists that were read before, by hash; a blob never changes. */
export interface KnownContents {
  readonly listings: Map<string, readonly TreeEntry[] | undefined>
  readonly items: Map<string, readonly Digest[]>
}

/** What forgetting a source removes. */
export interface ForgetPlan {
  readonly keys: ReadonlySet<ActionKey>
  readonly actions: readonly ForgottenAction[]
  /** The sizes of blobs that only derivatives and sources need, by hash. */
  readonly loose: ReadonlyMap<string, number>
  /** The hashes of the sources and of every blob of a derivative. */
  readonly derivedHashes: ReadonlySet<string>
  readonly kept: readonly KeptBlob[]
  readonly jobs: readonly string[]
}

/** Returns what forgetting sources removes from the index as it is now. Changes nothing. */
export function planForget(
  store: DirectoryStore,
  sources: ReadonlySet<string>,
  { listings, items }: KnownContents,
): ForgetPlan {
  const listingOf = (digest: Digest): readonly TreeEntry[] | undefined => {
    if (!listings.has(digest.hash)) listings.set(digest.hash, peekListing(store.context, digest))
    return listings.get(digest.hash)
  }
  const itemsOf = (digest: Digest): readonly Digest[] => {
    const known = items.get(digest.hash) ?? peekItems(store.context, digest)
    items.set(digest.hash, known)
    return known
  }
  const records = new Map<ActionKey, ActionRecord>()
  for (const { key, record } of store.actionTable.entries()) if (record !== 'corrupt') records.set(key, record)
  const jobs = new Map<string, readonly ActionKey[]>()
  for (const { record, steps } of jobEntries(store.context.db)) {
    if (typeof record.job === 'string') jobs.set(record.job, Object.values(steps))
  }
  const derived = traceDerived(factsOf(store, records, jobs, { listingOf, itemsOf }), sources)
  const derivedHashes = new Set(sources)
  const sizes = new Map<string, number>()
  const users = new Map<string, JobFile[]>()
  for (const record of records.values()) {
    const { key } = record
    for (const blob of neededBlobs(record, listingOf).blobs) {
      const { hash, sizeBytes } = blob.digest
      sizes.set(hash, sizeBytes)
      if (derived.keys.has(key)) {
        derivedHashes.add(hash)
        continue
      }
      const others = users.get(hash) ?? []
      others.push(jobFileOf(record, blob))
      users.set(hash, others)
    }
  }
  const loose = new Map<string, number>()
  const kept: KeptBlob[] = []
  for (const hash of derivedHashes) {
    const neededBy = users.get(hash)
    const sizeBytes = sizes.get(hash) ?? store.context.blobTable.entry(hash)?.sizeBytes
    if (sizeBytes === undefined) continue
    if (neededBy === undefined) loose.set(hash, sizeBytes)
    else kept.push({ hash, sizeBytes, neededBy })
  }
  const actions = forgottenActions(records, derived)
  const touched = new Set(actions.map(({ job }) => job))
  for (const [job, used] of jobs) if (used.some((key) => derived.keys.has(key))) touched.add(job)
  return { keys: derived.keys, actions, loose, derivedHashes, kept, jobs: [...touched].sort() }
}

interface ContentReaders {
  readonly listingOf: (digest: Digest) => readonly TreeEntry[] | undefined
  readonly itemsOf: (digest: Digest) => readonly Digest[]
}

function factsOf(
  { context }: DirectoryStore,
  records: ReadonlyMap<ActionKey, ActionRecord>,
  jobs: ReadonlyMap<string, readonly ActionKey[]>,
  { listingOf, itemsOf }: ContentReaders,
): TraceFacts {
  const actions = new Map<ActionKey, TracedAction>()
  const trees = new Map<string, readonly TracedBlob[]>()
  for (const record of records.values()) {
    const outputs = neededBlobs(record, listingOf).blobs.map(({ digest }) => digest)
    for (const { kind, digest } of Object.values(record.result.outputs)) {
      // A step of a fan-out is wired to an element of a list, which is not a blob.
      if (kind === 'json') outputs.push(...itemsOf(digest))
      if (kind === 'tree')
        trees.set(
          digest.hash,
          (listingOf(digest) ?? []).map((entry) => entry.digest),
        )
    }
    const inputs = [...hashesIn(record.action.inputs), ...(record.labels.origins ?? [])]
    actions.set(record.key, { key: record.key, inputs, outputs, isGone: false })
  }
  for (const { key: bytes, value } of context.db.table('preimages-1').entries()) {
    const key = Buffer.from(bytes).toString('hex')
    const action = unsealJson(bytes, value)
    if (!actions.has(key))
      actions.set(key, {
        key,
        inputs: hashesIn(isObject(action) ? action.inputs : undefined),
        outputs: [],
        isGone: true,
      })
  }
  return { actions, trees, jobs: [...jobs.values()] }
}

function forgottenActions(
  records: ReadonlyMap<ActionKey, ActionRecord>,
  { keys, presumed }: Derived,
): readonly ForgottenAction[] {
  const actions: ForgottenAction[] = []
  for (const { key, labels, result } of records.values()) {
    if (!keys.has(key)) continue
    const { pipeline, step, job } = labels
    const files = Object.keys(result.outputs).map((output) => labels.files[output] ?? output)
    const bytes = Object.values(result.outputs).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    actions.push({ key, pipeline, step, job, files, bytes, presumed: presumed.has(key) })
  }
  return actions
}

export function reportOf(plan: ForgetPlan, sources: ReadonlySet<string>, running: readonly string[]): ForgetReport {
  const bytes = [...plan.loose.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0)
  const { actions, loose, kept, jobs } = plan
  return { sources: [...sources], actions, blobs: loose.size, bytes, kept, jobs, running }
}
