import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Blake3Hasher } from '../../contract/blake3.ts'
import type { ObjectSource } from '../place/object-place.ts'
import type { HashFunction } from './capabilities.ts'
import type { ServerDigest } from './protocol.ts'

interface Hasher {
  update(bytes: Uint8Array): unknown
  digest(encoding: 'hex'): string
}

function hasherOf(hashFunction: HashFunction): Hasher {
  return hashFunction === 'BLAKE3' ? new Blake3Hasher() : createHash('sha256')
}

/** Returns how a server names these bytes. */
export function serverDigest(hashFunction: HashFunction, bytes: Uint8Array): ServerDigest {
  const hasher = hasherOf(hashFunction)
  hasher.update(bytes)
  return { hash: hasher.digest('hex'), sizeBytes: bytes.byteLength }
}

/** Returns how a server names what is sent, with some bytes behind it. Throws what reading the file throws. */
export async function sourceDigest(
  hashFunction: HashFunction,
  source: ObjectSource,
  behind: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ServerDigest> {
  const hasher = hasherOf(hashFunction)
  let sizeBytes = behind.byteLength
  for await (const piece of piecesOf(source, 0, signal)) {
    hasher.update(piece)
    sizeBytes += piece.byteLength
  }
  hasher.update(behind)
  return { hash: hasher.digest('hex'), sizeBytes }
}

/** A message with so many bytes keeps the wire busy, and is far below the limit of every server. */
const pieceBytes = 256 * 1024

/** Returns what is sent in pieces, from a byte on. */
export async function* piecesOf(
  source: ObjectSource,
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if ('bytes' in source) {
    for (let at = from; at < source.bytes.byteLength; at += pieceBytes) {
      signal?.throwIfAborted()
      yield source.bytes.subarray(at, at + pieceBytes)
    }
    return
  }
  if (from >= source.sizeBytes) return
  const stream = createReadStream(source.path, { start: from, end: source.sizeBytes - 1, highWaterMark: pieceBytes })
  for await (const piece of stream) {
    signal?.throwIfAborted()
    if (piece instanceof Uint8Array) yield piece
  }
}

export function sizeOf(source: ObjectSource): number {
  return 'bytes' in source ? source.bytes.byteLength : source.sizeBytes
}
