import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type ActionRecord, type Digest, digestBytes } from '../../../store/index.ts'
import { createRemoteCache, type RemoteCache } from '../../../store/remote/cache/remote-cache.ts'
import type { ObjectPlace } from '../../../store/remote/place/object-place.ts'
import { newSigningKey, parseSigningKey, type SigningKey } from '../../../store/remote/seal/signing-key.ts'
import { parseTrust } from '../../../store/remote/seal/trust.ts'
import type { Wire } from '../../conformance/tried-cache.ts'
import { newDirectory, noise, value } from '../fixtures.ts'

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

/** Looks at a file that a fetch which failed may have left: it holds right bytes only, if not all. */
export function expectNoWrongByte(path: string, bytes: Uint8Array): void {
  if (!existsSync(path)) return
  const got = readFileSync(path)
  expect(got.equals(bytes.subarray(0, got.byteLength))).toBe(true)
}

/** Asks again and again of a server that fails now and then, as readers and writers do. */
export async function expectAnswers(
  { reader, writer }: { readonly reader: RemoteCache; readonly writer: RemoteCache },
  { key }: ActionRecord,
  digest: Digest,
  times: number,
): Promise<void> {
  for (let round = 0; round < times; round++) {
    expect((await reader.lookup(key)).kind).toBe('hit')
    value(await reader.fetch(digest, join(newDirectory(), 'file')))
    const more = noise(100, round + 100)
    value(await writer.send([{ digest: digestBytes(more), bytes: more }]))
  }
}

/** Has many requests listen to one signal: Node would warn of a leak. */
export async function expectNoWarning(cache: RemoteCache): Promise<void> {
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  const { signal } = new AbortController()
  const digests = Array.from({ length: 60 }, (_, seed) => digestBytes(noise(10, seed + 1000)))
  expect(value(await cache.findMissing(digests, { signal }))).toHaveLength(60)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(warnings).toEqual([])
}
