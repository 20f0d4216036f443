import { existsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { blobsOf, unusableOutput } from '../actions/action-blobs.ts'
import { quarantineBlob, wrongBytes } from '../blobs/quarantine.ts'
import type { ActionKey, ActionLabels, ActionRecord } from '../contract/action-cache.ts'
import { actionRecordJson } from '../contract/action-record.ts'
import { Blake3Hasher } from '../contract/blake3.ts'
import { canonicalJson } from '../contract/canonical-json.ts'
import { type Digest, digestBytes } from '../contract/digest.ts'
import { err, ok, type Result } from '../contract/result.ts'
import { errorCode, isSystemError, storeIoFailure, ThrownFailure, valueOr } from '../disk/io-failure.ts'
import { uniqueSuffix } from '../disk/process-identity.ts'
import { removeFile } from '../disk/remove-file.ts'
import { tmpBeside } from '../disk/temporary-path.ts'
import { runLease } from '../leases/lease-names.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { StoreContext } from '../local/store-context.ts'
import { isContentOf } from '../tables/blob-table.ts'
import { type ArchiveFailure, archiveFailureOf } from './archive-failure.ts'
import { aboutJson, aboutName, actionName, blobName, sumsName } from './archive-layout.ts'
import { ArchiveWriter } from './archive-writer.ts'

/** The actions to export: those that a job used last, or all of a pipeline. */
export type ExportSelection = { readonly job: string } | { readonly pipeline: string }

/** How far an export or an import is. */
export interface ArchiveProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
}

export interface ArchiveOptions {
  readonly onProgress?: (progress: ArchiveProgress) => void
  readonly signal?: AbortSignal
}

/** What an archive holds, and which steps it lacks. */
export interface ExportSummary {
  readonly actions: number
  readonly blobs: number
  readonly bytes: number
  /** Steps whose results are not in the store, or not completely. */
  readonly leftOut: readonly { readonly pipeline: string; readonly step: string; readonly why: string }[]
}

/** Writes actions with all their blobs into one file, completely or not at all. */
export async function exportActions(
  store: DirectoryStore,
  selection: ExportSelection,
  file: string,
  options: ArchiveOptions = {},
): Promise<Result<ExportSummary, ArchiveFailure>> {
  const path = resolve(file)
  // A collection keeps what was used since a run began, and what is exported is used.
  const kept = store.readOnly ? undefined : store.leases.tryAcquire(runLease(uniqueSuffix()), `export to ${path}`)
  try {
    for (let left = attemptsMax; ; left--) {
      const exported = await exportOnce(store, selection, path, options)
      // What was removed all the same is left out the next time.
      const isGone = !exported.ok && exported.error.kind === 'blob-missing'
      if (!isGone || left === 0) return exported
    }
  } finally {
    if (kept !== undefined && 'lease' in kept) kept.lease.release()
  }
}

/** Each attempt fails only where something was removed meanwhile, so this is more than enough. */
const attemptsMax = 5

async function exportOnce(
  store: DirectoryStore,
  selection: ExportSelection,
  path: string,
  options: ArchiveOptions,
): Promise<Result<ExportSummary, ArchiveFailure>> {
  const chosen = chooseActions(store, selection)
  if (chosen.records.length === 0) {
    return err({
      kind: 'archive-empty',
      of: 'job' in selection ? selection.job : `the pipeline '${selection.pipeline}'`,
    })
  }
  if (!existsSync(dirname(path))) return err({ kind: 'target-unwritable', path, code: 'ENOENT' })
  const tmp = tmpBeside(path)
  try {
    const writer = await ArchiveWriter.create(tmp)
    try {
      const counts = await writeArchive(store, writer, { selection, records: chosen.records }, options)
      await writer.finish()
      await writer.moveTo(path)
      return ok({ actions: chosen.records.length, ...counts, leftOut: chosen.leftOut })
    } finally {
      await writer.close()
    }
  } catch (error) {
    removeFile(tmp)
    return err(archiveFailureOf(error, 'target-unwritable', path, options.signal))
  }
}

interface Chosen {
  readonly records: readonly ActionRecord[]
  readonly leftOut: ExportSummary['leftOut']
}

function chooseActions(store: DirectoryStore, selection: ExportSelection): Chosen {
  store.context.db.refresh(0)
  const keys = new Map<ActionKey, { readonly pipeline: string; readonly step: string }>()
  const records = new Map<ActionKey, ActionRecord>()
  for (const { job, pipeline } of store.ledger.jobs.list()) {
    if ('job' in selection ? job !== selection.job : pipeline !== selection.pipeline) continue
    for (const [step, { key }] of store.ledger.jobs.steps(job)) keys.set(key, { pipeline, step })
  }
  if ('pipeline' in selection || keys.size === 0) {
    for (const { key, record } of store.actionTable.entries()) {
      if (record !== 'corrupt' && isLabelled(record, selection)) keys.set(key, record.labels)
    }
  }
  markUsed(store, [...keys.keys()])
  const leftOut: { readonly pipeline: string; readonly step: string; readonly why: string }[] = []
  for (const [key, { pipeline, step }] of keys) {
    const record = store.actionTable.get(key)
    const why = record === undefined ? 'its result is not in the store' : whyNot(store.context, record)
    if (why !== undefined) leftOut.push({ pipeline, step, why })
    else if (record !== undefined && record !== 'corrupt') records.set(key, record)
  }
  // Sorted, so that the same actions give the same file.
  return { records: [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), leftOut }
}

/** A store that cannot be written, such as on a full disk, may still be read. */
function markUsed({ context, uses, actionTable, readOnly }: DirectoryStore, keys: readonly ActionKey[]): void {
  if (readOnly || keys.length === 0) return
  valueOr(undefined, () =>
    context.db.write(() => {
      for (const key of keys) if (actionTable.has(key)) uses.markNow(key)
    }),
  )
  context.db.refresh(0)
}

function isLabelled({ labels }: ActionRecord, selection: ExportSelection): boolean {
  return 'job' in selection ? labels.job === selection.job : labels.pipeline === selection.pipeline
}

function whyNot(context: StoreContext, record: ActionRecord | 'corrupt'): string | undefined {
  if (record === 'corrupt') return 'its record is damaged'
  const output = unusableOutput(context, record)
  return output === undefined ? undefined : `a blob of its output '${output}' is missing or damaged`
}

async function writeArchive(
  { context }: DirectoryStore,
  writer: ArchiveWriter,
  { selection, records }: { readonly selection: ExportSelection; readonly records: readonly ActionRecord[] },
  { onProgress, signal }: ArchiveOptions,
): Promise<Pick<ExportSummary, 'blobs' | 'bytes'>> {
  const needed = (record: ActionRecord) => blobsOf(context, record).blobs
  const sizes = new Map(records.flatMap(needed).map(({ digest }) => [digest.hash, digest.sizeBytes]))
  const bytesTotal = [...sizes.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0)
  const written = new Set<string>()
  let bytesDone = 0
  const onBytes = (bytes: number): void => {
    signal?.throwIfAborted()
    bytesDone += bytes
    onProgress?.({ bytesDone, bytesTotal })
  }
  await addBytes(writer, aboutName, Buffer.from(`${canonicalJson(aboutJson(withoutPath(selection)))}\n`))
  for (const record of records) {
    for (const { digest } of needed(record)) {
      if (written.has(digest.hash)) continue
      written.add(digest.hash)
      await addBlob(context, digest, writer, onBytes)
    }
    const labels = withoutPath(record.labels)
    await addBytes(writer, actionName(record.key), Buffer.from(canonicalJson(actionRecordJson({ ...record, labels }))))
  }
  await writer.add({ name: sumsName, ...digestBytes(writer.sums()) }, [writer.sums()])
  return { blobs: written.size, bytes: bytesTotal }
}

/** Only the name of a job's directory goes into an archive: its path would reveal something about its owner. */
function withoutPath<Of extends ExportSelection | ActionLabels>(of: Of): Of {
  return 'job' in of ? { ...of, job: basename(of.job) } : of
}

function addBytes(writer: ArchiveWriter, name: string, bytes: Uint8Array): Promise<void> {
  return writer.add({ name, ...digestBytes(bytes) }, [bytes])
}

async function addBlob(
  context: StoreContext,
  digest: Digest,
  writer: ArchiveWriter,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { hash, sizeBytes } = digest
  const found = context.blobTable.find(digest)
  if (found.where === 'file') {
    // A collection may remove the file's name after it is open: the bytes stay.
    const handle = await open(found.path, 'r').catch((error: unknown) => throwUnreadable(context, hash, error))
    try {
      return await writer.add(
        { name: blobName(hash), hash, sizeBytes },
        checkedChunks(context, handle, digest, onBytes),
      )
    } finally {
      await handle.close()
    }
  }
  if (found.where !== 'inline') throw new ThrownFailure({ kind: 'blob-missing', hash })
  const bytes = found.bytes.slice()
  if (!isContentOf(bytes, digest)) throw new ThrownFailure(quarantineBlob(context, hash, wrongBytes))
  onBytes(sizeBytes)
  return writer.add({ name: blobName(hash), hash, sizeBytes }, [bytes])
}

/** Throws an error of the store's disk as a failure of the store, not of the archive. */
function throwUnreadable({ layout }: StoreContext, hash: string, error: unknown): never {
  if (errorCode(error) === 'ENOENT') throw new ThrownFailure({ kind: 'blob-missing', hash })
  if (!isSystemError(error)) throw error
  throw new ThrownFailure(storeIoFailure(layout.dir, 'read a blob', error))
}

const chunkBytes = 1024 * 1024

/** Yields a file piece by piece, and throws at the end when the bytes do not match the digest. */
async function* checkedChunks(
  context: StoreContext,
  handle: FileHandle,
  { hash, sizeBytes }: Digest,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const hasher = new Blake3Hasher()
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes))
  let left = sizeBytes
  while (left > 0) {
    const length = Math.min(chunk.byteLength, left)
    const { bytesRead } = await handle
      .read(chunk, 0, length)
      .catch((error: unknown) => throwUnreadable(context, hash, error))
    if (bytesRead === 0) break
    const piece = chunk.subarray(0, bytesRead)
    hasher.update(piece)
    left -= bytesRead
    onBytes(bytesRead)
    yield piece
  }
  if (left > 0 || hasher.digest('hex') !== hash) throw new ThrownFailure(quarantineBlob(context, hash, wrongBytes))
}
