import type { Digest } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { formatBytesMax, formatPath, formatText } from '../layout/remote-layout.ts'
import { type ObjectPlace, type PlaceFailure, readObject } from '../place/object-place.ts'
import type { Pack } from '../seal/sealed-action.ts'
import type { SigningKey } from '../seal/signing-key.ts'
import type { Trust } from '../seal/trust.ts'

/** Who uses a remote, and as whom. */
export interface RemoteAccess {
  readonly place: ObjectPlace
  /** The scopes whose results are taken, the first one that has a result wins. */
  readonly readScopes: readonly string[]
  /** The scope into which results are written; absent where nothing is. */
  readonly writeScope?: string
  readonly trust: Trust
  readonly signer?: SigningKey
}

/** Where the bytes of a blob are: an object of its own, or a part of a pack. */
export interface BlobSpot {
  readonly scope: string
  /** Absent where the blob is an object of its own. */
  readonly pack?: { readonly hash: string; readonly offset: number }
  /** How large the blob is, as the sealed action says that names the pack. */
  readonly sizeBytes?: number
}

/** What the parts of a remote cache share. */
export interface RemoteSite extends RemoteAccess {
  readonly readOnly: boolean
  /** The scopes in which a blob is looked for: of one who writes, only its own counts as there. */
  readonly scopes: readonly string[]
  /** Checks once that the place holds this layout. */
  ready(signal?: AbortSignal): Promise<Result<void, StoreFailure>>
  failure(failure: PlaceFailure): StoreFailure
  /** Returns in which packs a blob is, as far as sealed actions that were opened say. */
  packsOf(digest: Digest): readonly BlobSpot[]
  learnPacks(scope: string, packs: readonly Pack[]): void
}

/** Returns in which of these packs a blob is. */
export function packsNamed(scope: string, packs: readonly Pack[]): RemoteSite['packsOf'] {
  const spots = new Map<string, BlobSpot[]>()
  for (const { hash, blobs } of packs) {
    for (const { hash: blob, offset, sizeBytes } of blobs)
      spots.set(blob, [...(spots.get(blob) ?? []), { scope, pack: { hash, offset }, sizeBytes }])
  }
  return ({ hash }) => spots.get(hash) ?? []
}

export function createRemoteSite(access: RemoteAccess): RemoteSite {
  const { place, writeScope, readScopes } = access
  const readOnly = writeScope === undefined
  const packed = new Map<string, BlobSpot[]>()
  let checked: Promise<Result<void, StoreFailure>> | undefined

  function failure({ kind, reason }: PlaceFailure): StoreFailure {
    return kind === 'full'
      ? { kind: 'store-full', dir: place.name }
      : { kind: 'cache-unavailable', cache: place.name, reason }
  }

  async function checkFormat(signal?: AbortSignal): Promise<Result<void, StoreFailure>> {
    const options = signal === undefined ? {} : { signal }
    const read = await readObject(place, formatPath, formatBytesMax, options)
    if (!read.ok) return err(failure(read.error))
    if (read.value === 'absent') {
      // Who may write a scope may not be allowed to write beside it; then somebody else writes the format.
      if (!readOnly) await place.write(formatPath, { bytes: Buffer.from(formatText) }, { onlyNew: true, ...options })
      return ok(undefined)
    }
    const found = read.value === 'too-large' ? '' : Buffer.from(read.value).toString('utf8')
    if (found === formatText) return ok(undefined)
    const reason = found.startsWith('reprise-remote ')
      ? `its format is '${found.trim()}', and this version of reprise reads '${formatText.trim()}'`
      : 'what answers there is not a cache of reprise (a login page?)'
    return err({ kind: 'cache-unavailable', cache: place.name, reason })
  }

  return {
    ...access,
    readOnly,
    scopes: writeScope === undefined ? readScopes : [writeScope],
    async ready(signal) {
      signal?.throwIfAborted()
      checked ??= checkFormat()
      const done = await checked
      signal?.throwIfAborted()
      if (!done.ok) checked = undefined
      return done
    },
    failure,
    packsOf: ({ hash }) => packed.get(hash) ?? [],
    learnPacks(scope, packs) {
      for (const { hash, blobs } of packs) {
        for (const { hash: blob, offset, sizeBytes } of blobs) {
          const spots = packed.get(blob) ?? []
          if (spots.some((spot) => spot.scope === scope && spot.pack?.hash === hash)) continue
          packed.set(blob, [...spots, { scope, pack: { hash, offset }, sizeBytes }])
        }
      }
    },
  }
}
