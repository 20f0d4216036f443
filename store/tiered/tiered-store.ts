import type { ActionKey, Lookup } from '../contract/action-cache.ts'
import type { CallOptions } from '../contract/cache-store.ts'
import { describeStoreFailure } from '../contract/failure.ts'
import type { RemoteNotice, RemoteTier } from '../contract/local/remote-tier.ts'
import type { DirectoryStore } from '../local/directory-store.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import { Breaker } from './breaker.ts'
import { fetchResult } from './fetch-result.ts'
import { TransferRate } from './transfer-rate.ts'
import { Uploader } from './uploader.ts'

export interface TieredOptions {
  /**
   * Fetches nothing and sends nothing: a look-up says that the remote has a result, whose small blobs are read from there.
   * For what predicts a run.
   */
  readonly looksOnly?: boolean
  /** How long to wait at the end of a run for results that are being sent; until all are by default. */
  readonly waitMs?: number
}

/** A local store with a remote behind it. */
export type TieredStore = DirectoryStore & { readonly remote: RemoteTier }

/**
 * Returns the local store, with a remote behind it. What a look-up does not find here is fetched from there, checked and
 * committed here, and then found here: so whoever uses the store sees a local one. What is committed is sent to the remote
 * beside that. A remote that fails makes misses, and is told once.
 */
export function createTieredStore(
  local: DirectoryStore,
  remote: RemoteCache,
  { looksOnly = false, waitMs }: TieredOptions = {},
): TieredStore {
  const { writeScope } = remote.site
  const breaker = new Breaker()
  const rate = new TransferRate(local, remote.name)
  const told = new Set<string>()
  const waiting: RemoteNotice[] = []
  let listener = (notice: RemoteNotice): void => void waiting.push(notice)
  const tell = (notice: RemoteNotice): void => {
    if (notice.kind === 'failed') {
      if (told.has(notice.message)) return
      told.add(notice.message)
    }
    listener(notice)
  }
  const sends = writeScope !== undefined && !looksOnly && !local.readOnly
  const uploader = sends ? new Uploader({ local, remote, breaker, tell }, writeScope) : undefined
  const underWay = new Map<ActionKey, Promise<Lookup>>()

  async function lookup(key: ActionKey, options: CallOptions = {}): Promise<Lookup> {
    const found = await local.lookup(key, options)
    if (found.kind === 'hit' || breaker.isOff || (local.readOnly && !looksOnly)) return found
    const shared = underWay.get(key)
    if (shared !== undefined) return shared
    const asked = lookRemotely(key, found, options).finally(() => underWay.delete(key))
    underWay.set(key, asked)
    return asked
  }

  async function lookRemotely(key: ActionKey, found: Lookup, options: CallOptions): Promise<Lookup> {
    if (remote.site.trust.isNobody) {
      const how = "say whose they are with 'trust' in the config, or with REPRISE_REMOTE_TRUST"
      tell({ kind: 'failed', message: `no result of ${remote.name} is used, because nobody's are trusted: ${how}` })
      return found
    }
    const there = await remote.find(key, options)
    if (there.kind === 'unavailable') {
      breaker.failed()
      const message = `${describeStoreFailure(there.failure)}; the run continues without it`
      tell({ kind: 'failed', message, isAway: true })
      return found
    }
    breaker.answered()
    switch (there.kind) {
      case 'absent':
      case 'evicted':
      case 'not-fetched':
        return found
      case 'incomplete':
        return refused(`it lacks ${there.missing.map((output) => `'${output}'`).join(', ')}`)
      case 'corrupt':
        return refused(there.what)
      case 'hit':
        break
      default:
        return there satisfies never
    }
    const { record, scope } = there
    if (looksOnly) {
      return { kind: 'hit', record, fetched: { remote: remote.name, scope, bytes: 0, durationMs: 0 } }
    }
    const fetched = await fetchResult({ local, remote, rate }, { record, scope }, options)
    if (fetched.ok) {
      const now = await local.lookup(key, options)
      return now.kind === 'hit' ? { ...now, fetched: fetched.value } : now
    }
    if ('why' in fetched.error) return { kind: 'not-fetched', remote: remote.name, ...fetched.error }
    if (fetched.error.kind === 'cache-unavailable') breaker.failed()
    return refused(describeStoreFailure(fetched.error))
  }

  function refused(what: string): Lookup {
    tell({ kind: 'failed', message: `a result of ${remote.name} is not used: ${what}` })
    return { kind: 'not-fetched', remote: remote.name, why: 'refused', what }
  }

  return {
    ...local,
    lookup,
    async read(digest, options = {}) {
      const read = await local.read(digest, options)
      if (read.ok || !looksOnly || read.error.kind !== 'blob-missing' || breaker.isOff) return read
      const there = await remote.read(digest, options)
      return there.ok ? there : read
    },
    actions: {
      ...local.actions,
      async commit(record, staged) {
        const committed = await local.actions.commit(record, staged)
        if (committed.ok) uploader?.add(record.key)
        return committed
      },
    },
    remote: {
      name: remote.name,
      begin(take) {
        listener = take
        for (const notice of waiting.splice(0)) take(notice)
        uploader?.start()
      },
      async settle(options = {}) {
        await uploader?.settle({ ...(waitMs === undefined ? {} : { waitMs }), ...options })
      },
    },
  }
}
