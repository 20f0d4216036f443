import { rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { actionKey, canonicalJson } from '../contract/canonical-json.ts'
import type { StoreFailure } from '../contract/failure.ts'
import type { JsonValue } from '../contract/json.ts'
import { isObject } from '../contract/json-guards.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { attempt } from '../disk/io-failure.ts'
import { blobPath, ownerOfName } from '../disk/layout.ts'
import { namesIn } from '../disk/names-in.ts'
import { livenessOf } from '../disk/process-identity.ts'
import { removeFile } from '../disk/remove-file.ts'
import { jobLease } from '../leases/lease-names.ts'
import { jobEntries, lastActions } from '../ledger/job-records.ts'
import { decodeStamped } from '../ledger/stamp-record.ts'
import { unsealJson } from '../lmdb/envelope.ts'
import { hashKey } from '../lmdb/index-keys.ts'
import { putJson } from '../lmdb/sealed-records.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import { type ForgetPlan, type KnownContents, planForget, reportOf } from './forget-plan.ts'
import type { ForgetReport } from './forget-report.ts'
import { sourceHashes } from './forget-source.ts'
import { renewIndexFile } from './renew-index-file.ts'

/** What to forget: the file or directory that is or was at a path, or bytes by their hash. */
export type ForgetSource = { readonly path: string } | { readonly hash: string }

export interface ForgetOptions {
  /** Only reports what would be removed. */
  readonly dryRun?: boolean
  /** The name that a later miss gives for who removed the result; `cache forget` by default. */
  readonly by?: string
}

/**
 * Removes every derivative of a source: the actions that used it, those that used their outputs, and so on, their blobs
 * and what is remembered of them; the file of the index is made anew without them. A blob that another action needs is kept,
 * and the report says so. Files in job directories are not removed.
 */
export async function forgetSource(
  store: DirectoryStore,
  source: ForgetSource,
  { dryRun = false, by = 'cache forget' }: ForgetOptions = {},
): Promise<Result<ForgetReport, StoreFailure>> {
  if (store.readOnly && !dryRun) return err({ kind: 'store-read-only', dir: store.dir })
  const hashes = 'hash' in source ? ok([source.hash]) : await sourceHashes(store, source.path)
  if (!hashes.ok) return hashes
  const sources = new Set(hashes.value)
  // Otherwise pending writes would come after the removal.
  const flushed = store.flush()
  if (!flushed.ok) return flushed
  const { db, layout } = store.context
  const contents: KnownContents = { listings: new Map(), items: new Map() }
  const planned = attempt(layout.dir, 'trace a source', () => {
    db.refresh()
    return planForget(store, sources, contents)
  })
  if (!planned.ok) return planned
  if (dryRun) return ok(reportOf(planned.value, sources, runningAmong(store, planned.value)))
  const forgotten = attempt(layout.dir, 'forget a source', () => {
    // Traced again under the lock: a run may have committed another derivative meanwhile.
    const plan = db.write(() => {
      const now = planForget(store, sources, contents)
      removeRecords(store, now, by)
      return now
    })
    forgetDigests(store, plan)
    removeFiles(store, plan)
    return plan
  })
  if (!forgotten.ok) return forgotten
  const notBlanked = await renewIndexFile(store.context)
  const report = reportOf(forgotten.value, sources, runningAmong(store, forgotten.value))
  return ok({ ...report, ...(notBlanked === undefined ? {} : { notBlanked }) })
}

function runningAmong({ leases }: DirectoryStore, { jobs }: ForgetPlan): readonly string[] {
  const held = new Set(leases.held().map(({ name }) => name))
  return jobs.filter((job) => held.has(jobLease(job)))
}

function removeRecords(store: DirectoryStore, plan: ForgetPlan, by: string): void {
  const { keys, loose } = plan
  const { actionTable, uses, context } = store
  const { db, tombstones, blobTable } = context
  const preimages = db.table('preimages-1')
  const at = new Date(context.now()).toISOString()
  for (const key of keys) {
    const bytes = hashKey(key)
    if (preimages.has(bytes)) preimages.remove(bytes)
    uses.remove(key)
    if (!actionTable.has(key)) continue
    actionTable.remove(key)
    tombstones.put(bytes, { kind: 'evicted', at, by })
  }
  for (const hash of loose.keys()) {
    if (db.table('blobs-1').has(hashKey(hash))) blobTable.remove(hash)
    tombstones.remove(hashKey(hash))
  }
  forgetSteps(store, keys)
  forgetMemos(store, plan)
}

/** Removes memos and done steps that name the actions or their blobs; of a list only those entries. */
function forgetMemos({ context, ledger }: DirectoryStore, { keys, derivedHashes, kept }: ForgetPlan): void {
  const keptHashes = new Set(kept.map(({ hash }) => hash))
  const isForgotten = (hash: string): boolean => keys.has(hash) || (derivedHashes.has(hash) && !keptHashes.has(hash))
  const isAbout = (value: JsonValue): boolean =>
    (canonicalJson(value).match(/[0-9a-f]{64}/g) ?? []).some(isForgotten) ||
    (isObject(value) && keys.has(actionKey(value)))
  const memos = context.db.table('memos-1')
  for (const { key, value } of [...memos.entries()]) {
    const memo = unsealJson(key, value)
    if (!isObject(memo) || !isAbout(memo)) continue
    const left = Array.isArray(memo.value) ? memo.value.filter((entry) => !isAbout(entry)) : []
    if (left.length === 0) memos.remove(key)
    else putJson(memos, key, { ...memo, value: left })
  }
  ledger.done.removeWhere(isAbout)
}

/** Removes the actions from the records of jobs and steps; a job without steps is removed, too. */
function forgetSteps({ context }: DirectoryStore, keys: ForgetPlan['keys']): void {
  const { db } = context
  const jobs = db.table('jobs-1')
  for (const { key, record, steps } of jobEntries(db)) {
    const left = Object.entries(steps).filter(([, action]) => !keys.has(action))
    if (left.length === Object.keys(steps).length) continue
    if (left.length === 0) jobs.remove(key)
    else putJson(jobs, key, { ...record, steps: Object.fromEntries(left) })
  }
  for (const { key, action } of lastActions(db)) if (keys.has(action)) db.table('steps-1').remove(key)
}

/**
 * Removes the remembered digests of the source, of its derivatives, and of all files in their jobs, because a path may
 * be named after the recording. A file that is still used is hashed again.
 */
function forgetDigests({ context }: DirectoryStore, { derivedHashes, jobs }: ForgetPlan): void {
  const table = context.db.table('file-digests-1')
  const isForgotten = (key: Uint8Array, value: Uint8Array): boolean => {
    const recorded = decodeStamped(key, value)
    if (recorded === undefined) return false
    const { path, stamped } = recorded
    return derivedHashes.has(stamped.digest.hash) || jobs.some((job) => path.startsWith(job + sep))
  }
  const keys: Uint8Array[] = []
  for (const { key, value } of table.entries()) if (isForgotten(key, value)) keys.push(Uint8Array.from(key))
  context.db.write(() => {
    for (const key of keys) {
      const value = table.get(key)
      if (value !== undefined && isForgotten(key, value)) table.remove(key)
    }
  })
}

/**
 * Removes the files of blobs without a record, derivatives in quarantine, and what dead processes were storing. Under the lock, because another run may
 * have put the same bytes again.
 */
function removeFiles({ context }: DirectoryStore, { loose, derivedHashes }: ForgetPlan): void {
  const { db, layout, blobTable } = context
  db.write(() => {
    for (const hash of loose.keys()) {
      if (blobTable.entry(hash)?.where !== 'file') removeFile(blobPath(layout, hash))
    }
  })
  for (const name of namesIn(layout.quarantine)) {
    const [hash = ''] = name.split('.')
    // A damaged index that was moved aside may hold anything.
    if (hash === 'index') rmSync(join(layout.quarantine, name), { recursive: true, force: true })
    else if (derivedHashes.has(hash)) removeFile(join(layout.quarantine, name))
  }
  for (const name of namesIn(layout.tmp)) {
    const owner = ownerOfName(name)
    if (owner !== undefined && livenessOf(owner) === 'dead') removeFile(join(layout.tmp, name))
  }
}
