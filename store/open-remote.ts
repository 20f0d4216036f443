import type { ActionKey } from './contract/action-cache.ts'
import type { CallOptions, TransferOptions } from './contract/cache-store.ts'
import type { StoreFailure } from './contract/failure.ts'
import type { RemoteOptions } from './contract/remote-options.ts'
import type { Result } from './contract/result.ts'
import type { DirectoryStore } from './local/directory-store.ts'
import type { RemoteCache } from './remote/cache/remote-cache.ts'
import type { CollectDirectoryOptions, DirectoryCollection } from './remote/gc/collect-directory.ts'
import type { OpenedBy } from './remote/open/remote-access.ts'
import type { Carried } from './tiered/carry-results.ts'
import type { RemoteCheck } from './tiered/check-remote.ts'
import type { TieredOptions, TieredStore } from './tiered/tiered-store.ts'
import type { Touched } from './tiered/touch-results.ts'

/**
 * Opens a remote, or says what is wrong with its options. Makes no request: one that cannot be reached shows when it is
 * asked. Nothing of it is loaded before.
 */
export async function openRemote(options: RemoteOptions, by: OpenedBy): Promise<Result<RemoteCache, string>> {
  const [{ remoteAccess }, { createRemoteCache }] = await Promise.all([
    import('./remote/open/remote-access.ts'),
    import('./remote/cache/remote-cache.ts'),
  ])
  const access = await remoteAccess(options, by)
  return access.ok ? { ok: true, value: createRemoteCache(access.value) } : access
}

/** Returns a local store with a remote behind it: what it lacks is fetched, and what is committed to it is sent. */
export async function tieredStore(
  local: DirectoryStore,
  remote: RemoteCache,
  options: TieredOptions = {},
): Promise<TieredStore> {
  const { createTieredStore } = await import('./tiered/tiered-store.ts')
  return createTieredStore(local, remote, options)
}

/** Sends results to a remote, by default those that runs left to be sent; stops where the remote fails. */
export async function pushToRemote(
  local: DirectoryStore,
  remote: RemoteCache,
  keys?: readonly ActionKey[],
  options: TransferOptions = {},
): Promise<Result<Carried, StoreFailure>> {
  const { pushResults, unsentResults } = await import('./tiered/carry-results.ts')
  return pushResults({ local, remote }, keys ?? unsentResults({ local, remote }), options)
}

/** Fetches results from a remote into the local store, whatever their size. */
export async function pullFromRemote(
  local: DirectoryStore,
  remote: RemoteCache,
  keys: readonly ActionKey[],
  options: TransferOptions = {},
): Promise<Result<Carried, StoreFailure>> {
  const { pullResults } = await import('./tiered/carry-results.ts')
  return pullResults({ local, remote }, keys, options)
}

/** Tries what a run needs of a remote. */
export async function checkRemote(remote: RemoteCache, options: CallOptions = {}): Promise<readonly RemoteCheck[]> {
  const module = await import('./tiered/check-remote.ts')
  return module.checkRemote(remote, options)
}

/** Returns a new key to sign results with: the private one as PEM, and the public one as `trust` lists it. */
export async function newSigningKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const keys = await import('./remote/seal/signing-key.ts')
  const privateKey = keys.newSigningKey()
  const parsed = keys.parseSigningKey(privateKey)
  if (!parsed.ok) throw new TypeError(parsed.error)
  return { privateKey, publicKey: parsed.value.publicKey }
}

/** Makes results in a remote as new as if they were sent now. */
export async function touchInRemote(
  remote: RemoteCache,
  keys: readonly ActionKey[],
  options: CallOptions = {},
): Promise<Result<Touched, StoreFailure>> {
  const { touchResults } = await import('./tiered/touch-results.ts')
  return touchResults(remote, keys, options)
}

/** Removes from a shared directory that one owns what nobody used for longest, until the rest fits. */
export async function collectRemoteDirectory(
  dir: string,
  options: CollectDirectoryOptions,
): Promise<Result<DirectoryCollection, string>> {
  const { collectDirectory } = await import('./remote/gc/collect-directory.ts')
  return collectDirectory(dir, options)
}
