import type { CallOptions } from '../contract/cache-store.ts'
import { digestBytes } from '../contract/digest.ts'
import { describeStoreFailure } from '../contract/failure.ts'
import type { RemoteCache } from '../remote/cache/remote-cache.ts'
import { blobPath } from '../remote/layout/remote-layout.ts'

/** One thing that was tried, and how it went. */
export interface RemoteCheck {
  readonly what: string
  readonly ok: boolean
  readonly found: string
}

/** The same for everybody, so that many checks leave one small blob in a scope. */
const checkText = 'reprise remote check\n'

/** Tries what a run needs of a remote: that it answers, that it can be read, and, for one who writes, written. */
export async function checkRemote(remote: RemoteCache, options: CallOptions = {}): Promise<readonly RemoteCheck[]> {
  const { site } = remote
  const checks: RemoteCheck[] = []
  const began = performance.now()
  const ready = await site.ready(options.signal)
  const took = Math.round(performance.now() - began)
  checks.push({
    what: 'answers',
    ok: ready.ok,
    found: ready.ok ? `in ${took} ms, as a cache of layout 1` : describeStoreFailure(ready.error),
  })
  if (ready.ok) {
    const about = await site.place.about?.(options)
    if (about?.ok === true) checks.push(...about.value)
  }
  checks.push({
    what: 'trusts',
    ok: !site.trust.isNobody,
    found: site.trust.isNobody
      ? "nobody, so no result would be used; list public keys in 'trust'"
      : site.trust.unsigned
        ? 'anyone, also results that are not signed'
        : 'the keys that are listed',
  })
  checks.push({ what: 'reads', ok: true, found: site.readScopes.join(', ') })
  const { writeScope } = site
  if (writeScope === undefined) {
    const why =
      site.signer === undefined ? "without a key to sign with; see 'reprise remote keygen'" : 'as it is asked to'
    checks.push({ what: 'writes', ok: true, found: `nothing, ${why}` })
    return checks
  }
  checks.push({ what: 'signs', ok: true, found: site.signer === undefined ? 'nothing' : `as ${site.signer.publicKey}` })
  if (ready.ok) checks.push(...(await tryWriting(remote, writeScope, options)))
  return checks
}

async function tryWriting(remote: RemoteCache, scope: string, options: CallOptions): Promise<readonly RemoteCheck[]> {
  const bytes = Buffer.from(checkText)
  const digest = digestBytes(bytes)
  const sent = await remote.send([{ digest, bytes }], options)
  const read = sent.ok ? await remote.read(digest, options) : sent
  const wrote: RemoteCheck = {
    what: 'writes',
    ok: read.ok,
    found: read.ok ? `into ${scope}, and reads it back` : describeStoreFailure(read.error),
  }
  if (!read.ok) return [wrote]
  const again = await remote.site.place.write(blobPath(scope, digest.hash), { bytes }, { ...options, onlyNew: true })
  const keeps = again.ok && again.value === 'was-there'
  const found = keeps
    ? 'what is there is not overwritten'
    : 'what is there is overwritten: two who compute the same step at once may see the later result'
  return [wrote, { what: 'first stays', ok: true, found }]
}
