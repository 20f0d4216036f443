import { createRemoteCache, type RemoteCache } from '../../../store/remote/cache/remote-cache.ts'
import type { ObjectPlace } from '../../../store/remote/place/object-place.ts'
import { newSigningKey, parseSigningKey, type SigningKey } from '../../../store/remote/seal/signing-key.ts'
import { parseTrust } from '../../../store/remote/seal/trust.ts'
import type { Wire } from '../../conformance/tried-cache.ts'

/** Returns a new key to sign with. */
export function newKey(): SigningKey {
  const key = parseSigningKey(newSigningKey())
  if (!key.ok) throw new Error(key.error)
  return key.value
}

export interface TriedRemote {
  readonly read?: readonly string[]
  readonly write?: string
  readonly signer?: SigningKey
  readonly trust?: readonly string[]
}

/** Returns a remote cache in a place, for one who reads and writes these scopes. */
export function remoteIn(place: ObjectPlace, { read = ['main'], write, signer, trust = [] }: TriedRemote): RemoteCache {
  const trusted = parseTrust(trust, undefined)
  if (!trusted.ok) throw new Error(trusted.error)
  return createRemoteCache({
    place,
    readScopes: read,
    trust: trusted.value,
    ...(write === undefined ? {} : { writeScope: write }),
    ...(signer === undefined ? {} : { signer }),
  })
}

/** Returns a wire that carries everything. */
export function newWire(): Wire {
  return { movedBytes: 0, breaksAfterBytes: Number.POSITIVE_INFINITY }
}

/** Returns a place behind a wire, which carries the bytes that are read. */
export function behindWire(place: ObjectPlace, wire: Wire): ObjectPlace {
  class Broken extends Error {}
  return {
    ...place,
    async read(path, take, options) {
      const carry = async (piece: Uint8Array) => {
        if (wire.breaksAfterBytes <= 0) {
          wire.breaksAfterBytes = Number.POSITIVE_INFINITY
          throw new Broken()
        }
        wire.movedBytes += piece.byteLength
        wire.breaksAfterBytes -= piece.byteLength
        await take(piece)
      }
      try {
        return await place.read(path, carry, options)
      } catch (error) {
        if (!(error instanceof Broken)) throw error
        return { ok: false, error: { kind: 'broken', reason: 'the wire broke' } }
      }
    },
  }
}
