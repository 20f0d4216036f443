import { Blake3Hasher } from '../../contract/blake3.ts'
import type { CallOptions } from '../../contract/cache-store.ts'
import type { Digest } from '../../contract/digest.ts'
import { blobPath, packPath } from '../layout/remote-layout.ts'
import type { BlobSpot, RemoteSite } from './remote-site.ts'

/**
 * Puts an empty object in the place of one that is damaged, in the scope that this user writes, so that it counts as
 * missing and is sent again. It is read once more before that: the wire may have changed the bytes, and not the place.
 * Nothing is removed on a remote: that is its owner's.
 */
export async function markDamaged(
  site: RemoteSite,
  { scope, pack }: BlobSpot,
  { hash, sizeBytes }: Digest,
  options: CallOptions,
): Promise<void> {
  if (scope !== site.writeScope) return
  const path = pack === undefined ? blobPath(scope, hash) : packPath(scope, pack.hash)
  const expected = pack === undefined ? { hash, sizeBytes } : { hash: pack.hash }
  if (await isDamaged(site, path, expected, options)) {
    await site.place.write(path, { bytes: new Uint8Array() }, options)
  }
}

class TooMuch extends Error {}

async function isDamaged(
  { place }: RemoteSite,
  path: string,
  { hash, sizeBytes = Number.POSITIVE_INFINITY }: { readonly hash: string; readonly sizeBytes?: number },
  options: CallOptions,
): Promise<boolean> {
  const hasher = new Blake3Hasher()
  let bytes = 0
  try {
    const read = await place.read(
      path,
      (piece) => {
        bytes += piece.byteLength
        if (bytes > sizeBytes) throw new TooMuch()
        hasher.update(piece)
      },
      options,
    )
    return read.ok && read.value === 'read' && bytes > 0 && hasher.digest('hex') !== hash
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    return true
  }
}
