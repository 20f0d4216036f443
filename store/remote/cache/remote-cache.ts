import type { ActionKey, ActionRecord } from '../../contract/action-cache.ts'
import type { CacheLookup, CacheStore, CallOptions, Recorded } from '../../contract/cache-store.ts'
import { actionKey } from '../../contract/canonical-json.ts'
import { isHash } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { actionPath } from '../layout/remote-layout.ts'
import { readObject } from '../place/object-place.ts'
import { openAction, type Pack, sealAction, sealedBytesMax } from '../seal/sealed-action.ts'
import { type Seal, type SealedText, type SealProblem, sealProblem, sealText } from '../seal/sealed-text.ts'
import { missingIn } from './blob-presence.ts'
import { outputBlobs } from './output-blobs.ts'
import { fetchRemoteBlob, objectOf, readRemoteBlob } from './read-blob.ts'
import { createRemoteSite, packsNamed, type RemoteAccess, type RemoteSite } from './remote-site.ts'
import { sendBlobs } from './send-blobs.ts'

/** A hit says whose result it is. */
export type FoundRemotely =
  | (Extract<CacheLookup, { readonly kind: 'hit' }> & { readonly scope: string; readonly signer: string })
  | Exclude<CacheLookup, { readonly kind: 'hit' }>

/** A cache that a team shares. */
export interface RemoteCache extends CacheStore {
  /** @internal For the parts of the tiered store. */
  readonly site: RemoteSite
  /** Signs a text of another kind with the key that signs results; undefined without a key. */
  seal(sealed: SealedText): Seal | undefined
  /** Returns why the seal of a text does not count, or undefined where its signer is trusted as that of a result is. */
  sealProblem(sealed: SealedText, seal: Seal | undefined): SealProblem | undefined
  /** Looks an action up, and says whose result it is. */
  find(key: ActionKey, options?: CallOptions): Promise<FoundRemotely>
  /** @internal Records an action some of whose blobs lie in packs. */
  recordPacked(
    record: ActionRecord,
    packs: readonly Pack[],
    options?: CallOptions,
  ): Promise<Result<Recorded, StoreFailure>>
}

/**
 * Returns the cache in a place of objects: layout "reprise-remote 1". What it hands out was checked: bytes by their
 * hash, a result by its signature, its scope, and the key that is derived from its action again.
 */
export function createRemoteCache(access: RemoteAccess): RemoteCache {
  const site = createRemoteSite(access)
  const { place, writeScope, readOnly } = site

  /** Returns the scope to write to, once the place was found to be one to write to. */
  async function writable(signal: AbortSignal | undefined): Promise<Result<string, StoreFailure>> {
    signal?.throwIfAborted()
    if (writeScope === undefined) return err({ kind: 'store-read-only', dir: place.name })
    const ready = await site.ready(signal)
    return ready.ok ? ok(writeScope) : ready
  }

  async function lookupIn(scope: string, key: ActionKey, options: CallOptions): Promise<FoundRemotely> {
    const read = await readObject(place, actionPath(scope, key), sealedBytesMax, options)
    if (!read.ok) return { kind: 'unavailable', failure: site.failure(read.error) }
    if (read.value === 'absent') return { kind: 'absent' }
    if (read.value === 'too-large') return { kind: 'corrupt', what: 'its record is too large' }
    const opened = openAction(read.value, { key, scope }, site.trust)
    if (!opened.ok) return { kind: 'corrupt', what: opened.error }
    const { record, packs, signer } = opened.value
    site.learnPacks(scope, packs)
    const needed = await outputBlobs(site, record, options)
    const missing = await missingIn(
      site,
      [scope],
      needed.blobs.map(({ digest }) => digest),
      options,
      packsNamed(scope, packs),
    )
    if (!missing.ok) return { kind: 'unavailable', failure: missing.error }
    const gone = new Set(missing.value.map(({ hash }) => hash))
    const lost = [...needed.unlisted, ...needed.blobs.filter(({ digest }) => gone.has(digest.hash))]
    if (lost.length === 0) return { kind: 'hit', record, scope, signer }
    return { kind: 'incomplete', missing: [...new Set(lost.map(({ output }) => output))] }
  }

  async function find(key: ActionKey, options: CallOptions = {}): Promise<FoundRemotely> {
    options.signal?.throwIfAborted()
    if (!isHash(key)) return { kind: 'absent' }
    const ready = await site.ready(options.signal)
    if (!ready.ok) return { kind: 'unavailable', failure: ready.error }
    let why: FoundRemotely = { kind: 'absent' }
    for (const scope of site.readScopes) {
      const found = await lookupIn(scope, key, options)
      if (found.kind === 'hit' || found.kind === 'unavailable') return found
      if (why.kind === 'absent') why = found
    }
    return why
  }

  async function recordPacked(
    record: ActionRecord,
    packs: readonly Pack[],
    options: CallOptions = {},
  ): Promise<Result<Recorded, StoreFailure>> {
    const { signal } = options
    const scope = await writable(signal)
    if (actionKey(record.action) !== record.key) throw new TypeError(`${record.key} is not the key of its action`)
    if (!scope.ok) return scope
    const needed = await outputBlobs(site, record, options)
    const unlisted = needed.unlisted[0]
    if (unlisted !== undefined) return err({ kind: 'blob-missing', hash: unlisted.digest.hash })
    const digests = needed.blobs.map(({ digest }) => digest)
    const missing = await missingIn(site, [scope.value], digests, options, packsNamed(scope.value, packs))
    if (!missing.ok) return missing
    const [gone] = missing.value
    if (gone !== undefined) return err({ kind: 'blob-missing', hash: gone.hash })
    const text = sealAction(scope.value, record, packs, site.signer)
    const path = actionPath(scope.value, record.key)
    const bytes = Buffer.from(text)
    if (bytes.byteLength > sealedBytesMax) {
      const reason = `the record of ${record.key} takes more than ${sealedBytesMax} bytes`
      return err({ kind: 'cache-unavailable', cache: place.name, reason })
    }
    // The first result of an action stays, so that all have the same one of a step that gives others each time. One
    // that cannot be used is not a result.
    const before = await lookupIn(scope.value, record.key, options)
    if (before.kind === 'unavailable') return err(before.failure)
    if (before.kind === 'hit') return ok('was-there')
    const spots = packsNamed(scope.value, packs)
    const needs = [...new Set(digests.map((digest) => objectOf(spots(digest)[0] ?? { scope: scope.value }, digest)))]
    const written = await place.write(path, { bytes }, { onlyNew: before.kind === 'absent', needs, ...options })
    return written.ok ? ok(written.value === 'written' ? 'recorded' : 'was-there') : err(site.failure(written.error))
  }

  return {
    site,
    name: place.name,
    readOnly,
    seal: (sealed) => (site.signer === undefined ? undefined : sealText(sealed, site.signer)),
    sealProblem: (sealed, seal) => sealProblem(sealed, seal, site),
    async findMissing(digests, options = {}) {
      options.signal?.throwIfAborted()
      if (digests.length === 0) return ok([])
      const ready = await site.ready(options.signal)
      return ready.ok ? missingIn(site, site.scopes, digests, options) : ready
    },
    async read(digest, options = {}) {
      options.signal?.throwIfAborted()
      const ready = await site.ready(options.signal)
      return ready.ok ? readRemoteBlob(site, digest, options) : ready
    },
    async fetch(digest, path, options = {}) {
      options.signal?.throwIfAborted()
      const ready = await site.ready(options.signal)
      return ready.ok ? fetchRemoteBlob(site, digest, path, options) : ready
    },
    async send(blobs, options = {}) {
      const scope = await writable(options.signal)
      if (!scope.ok || blobs.length === 0) return scope.ok ? ok(undefined) : scope
      return sendBlobs(site, scope.value, blobs, options)
    },
    async lookup(key, options) {
      const found = await find(key, options)
      return found.kind === 'hit' ? { kind: 'hit', record: found.record } : found
    },
    find,
    record: (record, options) => recordPacked(record, [], options),
    recordPacked,
  }
}
