import { join } from 'node:path'
import {
  artifactOfPath,
  type CacheStore,
  canonicalJson,
  err,
  type LocalStore,
  type OutgoingBlob,
  ok,
  type Result,
  readTreeArtifact,
  type StoreFailure,
  treeListing,
} from '../../../store/index.ts'
import { type Available, jsonValueAt } from '../../engine/execute/inputs.ts'
import { type CopyOptions, copyArtifacts } from './copy-artifacts.ts'

/**
 * Brings the inputs of a step to a cache, as far as it lacks them: what the store has from there, and what lies in files of
 * the user from these, each read once.
 */
export async function sendInputs(
  store: LocalStore,
  cache: CacheStore,
  inputs: readonly Available[],
  options: CopyOptions,
): Promise<Result<void, StoreFailure>> {
  // The order itself carries what is in no file.
  const lying = inputs.filter(({ text }) => text === undefined)
  const absent = await cache.findMissing(lying.map(({ artifact }) => artifact.digest))
  if (!absent.ok) return absent
  const wanted = new Set(absent.value.map(({ hash }) => hash))
  for (const input of lying) {
    // A tree whose listing is there may lack a file.
    if (!wanted.has(input.artifact.digest.hash) && input.artifact.kind !== 'tree') continue
    const sent = await sendInput(store, cache, input, options)
    if (!sent.ok) return sent
  }
  return ok(undefined)
}

async function sendInput(
  store: LocalStore,
  cache: CacheStore,
  input: Available,
  options: CopyOptions,
): Promise<Result<void, StoreFailure>> {
  const { artifact, path } = input
  const copied = await copyArtifacts(store, cache, [artifact], options)
  if (copied.ok || copied.error.kind !== 'blob-missing') return copied
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  switch (artifact.kind) {
    case 'json': {
      const value = jsonValueAt(input)
      if (value === undefined) return copied
      return cache.send([{ digest: artifact.digest, bytes: Buffer.from(canonicalJson(value)) }], signal)
    }
    case 'file':
      return cache.send([{ digest: artifact.digest, path }], signal)
    case 'tree':
      return sendTree(store, cache, input, signal)
    default:
      return artifact.kind satisfies never
  }
}

/** Sends a directory that is in no store: its files from where they lie, then its listing. */
async function sendTree(
  store: LocalStore,
  cache: CacheStore,
  { artifact, path }: Available,
  signal: { readonly signal?: AbortSignal },
): Promise<Result<void, StoreFailure>> {
  const now = await artifactOfPath(store, 'tree', path)
  if (!now.ok) return now
  if (now.value.digest.hash !== artifact.digest.hash)
    return err({ kind: 'blob-rejected', hash: artifact.digest.hash, what: 'the directory has changed' })
  const entries = await readTreeArtifact(store, artifact)
  if (!entries.ok) return entries
  const blobs = new Map<string, OutgoingBlob>()
  for (const { path: inside, digest } of entries.value) {
    const source = digest.sizeBytes === 0 ? { bytes: new Uint8Array() } : { path: join(path, inside) }
    blobs.set(digest.hash, { digest, ...source })
  }
  const missing = await cache.findMissing([...blobs.values()].map(({ digest }) => digest))
  if (!missing.ok) return missing
  const files = missing.value.flatMap(({ hash }) => blobs.get(hash) ?? [])
  const listing: OutgoingBlob = { digest: artifact.digest, bytes: Buffer.from(treeListing(entries.value)) }
  return cache.send([...files, listing], signal)
}
