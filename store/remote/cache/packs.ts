import { readFile } from 'node:fs/promises'
import type { CallOptions, OutgoingBlob } from '../../contract/cache-store.ts'
import { digestBytes, sameDigest } from '../../contract/digest.ts'
import type { StoreFailure } from '../../contract/failure.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { errorCode, isSystemError } from '../../disk/io-failure.ts'
import { packPath } from '../layout/remote-layout.ts'
import { readObject } from '../place/object-place.ts'
import type { Pack, PackedBlob } from '../seal/sealed-action.ts'
import { eachAtOnce } from './at-once.ts'
import type { RemoteSite } from './remote-site.ts'

/** A blob of more bytes is an object of its own. */
export const packedBytesMax: number = 64 * 1024
/** So few small blobs are objects of their own, so that others that need one of them share it. */
export const unpackedMax = 64
/**
 * A pack is full from here on. 10,000 blobs of 4 KiB were put into SeaweedFS in 0.9 s in packs of 8 MiB, and in 5.1 s one
 * by one.
 */
const packBytes = 8 * 1024 * 1024
/** A pack of more bytes was not made by this program. */
const packBytesMax = 2 * packBytes

/** Returns the blobs that are worth packing, in the order of their hashes, so that the same blobs give the same packs. */
export function packable(blobs: readonly OutgoingBlob[]): readonly OutgoingBlob[] {
  const small = blobs.filter(({ digest }) => digest.sizeBytes <= packedBytesMax)
  if (small.length <= unpackedMax) return []
  return [...small].sort((a, b) => (a.digest.hash < b.digest.hash ? -1 : 1))
}

/** Sends small blobs in packs, which a sealed action has to name, and returns the packs. */
export async function sendPacks(
  site: RemoteSite,
  scope: string,
  blobs: readonly OutgoingBlob[],
  options: CallOptions,
): Promise<Result<readonly Pack[], StoreFailure>> {
  const groups: OutgoingBlob[][] = []
  let bytes = packBytes
  for (const blob of blobs) {
    if (bytes >= packBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(blob)
    bytes += blob.digest.sizeBytes
  }
  const packs = await eachAtOnce(groups, Math.min(4, site.place.atOnce), (group) =>
    sendPack(site, scope, group, options),
  )
  if (packs.ok) site.learnPacks(scope, packs.value)
  return packs
}

async function sendPack(
  { place, failure }: RemoteSite,
  scope: string,
  group: readonly OutgoingBlob[],
  options: CallOptions,
): Promise<Result<Pack, StoreFailure>> {
  const pieces: Uint8Array[] = []
  const inside: PackedBlob[] = []
  let offset = 0
  for (const blob of group) {
    const bytes = await bytesOf(blob)
    if (!bytes.ok) return bytes
    pieces.push(bytes.value)
    inside.push({ hash: blob.digest.hash, offset, sizeBytes: blob.digest.sizeBytes })
    offset += blob.digest.sizeBytes
  }
  const whole = Buffer.concat(pieces)
  const { hash, sizeBytes } = digestBytes(whole)
  const path = packPath(scope, hash)
  const first = await place.write(path, { bytes: whole }, { ...options, onlyNew: true })
  if (!first.ok) return err(failure(first.error))
  if (first.value === 'was-there') {
    const facts = await place.stat(path, options)
    if (!facts.ok) return err(failure(facts.error))
    const again = facts.value?.sizeBytes === sizeBytes ? facts : await place.write(path, { bytes: whole }, options)
    if (!again.ok) return err(failure(again.error))
  }
  return ok({ hash, blobs: inside })
}

async function bytesOf(blob: OutgoingBlob): Promise<Result<Uint8Array, StoreFailure>> {
  let bytes: Uint8Array
  try {
    bytes = 'bytes' in blob ? blob.bytes : await readFile(blob.path)
  } catch (error) {
    if (!isSystemError(error) || 'bytes' in blob) throw error
    return err({ kind: 'source-unreadable', path: blob.path, code: errorCode(error) })
  }
  const found = digestBytes(bytes)
  if (sameDigest(found, blob.digest)) return ok(bytes)
  return err({ kind: 'blob-rejected', hash: blob.digest.hash, what: `their hash is ${found.hash}` })
}

/** So many blobs of one pack are worth reading all of it, in one request. */
const wholePackFrom = 8

/**
 * Reads the packs in which many of the wanted blobs are, whole, and passes on each blob that is right. What is not passed
 * on, for whatever reason, is fetched one by one, and what is wrong shows there.
 */
export async function readPacks(
  site: RemoteSite,
  wanted: ReadonlySet<string>,
  take: (hash: string, bytes: Uint8Array) => void,
  options: CallOptions,
): Promise<void> {
  const packs = new Map<string, PackedBlob[]>()
  for (const hash of wanted) {
    // The size is checked by the hash of what is cut out.
    for (const { scope, pack, sizeBytes = 0 } of site.packsOf({ hash, sizeBytes: 0 })) {
      if (pack === undefined) continue
      const path = packPath(scope, pack.hash)
      packs.set(path, [...(packs.get(path) ?? []), { hash, offset: pack.offset, sizeBytes }])
      break
    }
  }
  const many = [...packs].filter(([, blobs]) => blobs.length >= wholePackFrom)
  await eachAtOnce(many, Math.min(4, site.place.atOnce), async ([path, blobs]) => {
    const read = await readObject(site.place, path, packBytesMax, options)
    if (!read.ok || typeof read.value === 'string') return ok(undefined)
    for (const { hash, offset, sizeBytes } of blobs) {
      const bytes = read.value.subarray(offset, offset + sizeBytes)
      if (digestBytes(bytes).hash === hash) take(hash, bytes)
    }
    return ok(undefined)
  })
}
