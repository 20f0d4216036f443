import { Blake3Hasher, blake3Base64url } from './blake3.ts'

/** BLAKE3-256 of some bytes and their size; `hash` is 64 lower-case hexadecimal digits, as `b3sum` prints them. */
export interface Digest {
  readonly hash: string
  readonly sizeBytes: number
}

const hashPattern = /^[0-9a-f]{64}$/

const hashBytes = Buffer.allocUnsafeSlow(32)

/** Returns the digest of `bytes`. */
export function digestBytes(bytes: Uint8Array): Digest {
  hashBytes.write(blake3Base64url(bytes), 'base64url')
  return { hash: hashBytes.toString('hex'), sizeBytes: bytes.byteLength }
}

/**
 * Returns BLAKE3's derived key of `material` under `context`, 64 hexadecimal digits.
 * Source: section 2.3 of the BLAKE3 paper, mode `derive_key`; equal to `b3sum --derive-key CONTEXT`.
 */
export function deriveKey(context: string, material: string): string {
  const hasher = derivers.get(context) ?? Blake3Hasher.newDeriveKey(context)
  derivers.set(context, hasher)
  hasher.reset()
  return hasher.update(material).digest('hex')
}

/** A hasher a context: a new one for each key takes seven times as long, and 2 KiB outside the heap until a collection. */
const derivers = new Map<string, Blake3Hasher>()

/** Returns whether `text` is a hash as this store writes it. */
export function isHash(text: string): boolean {
  return hashPattern.test(text)
}

/** Returns whether two digests name the same bytes. */
export function sameDigest(a: Digest, b: Digest): boolean {
  return a.hash === b.hash && a.sizeBytes === b.sizeBytes
}

const textPattern = /^b3:([0-9a-f]{64})$/

/** Returns a digest as it stands in keys, manifests and events: `b3:` and 64 digits. */
export function digestText({ hash }: Pick<Digest, 'hash'>): string {
  return `b3:${hash}`
}

/** Returns the hash in a text that `digestText` wrote, or undefined for any other text. */
export function hashInText(text: string): string | undefined {
  return textPattern.exec(text)?.[1]
}

/** Returns a digest as people see it: `b3:` and the first twelve digits. */
export function shortDigest(digest: Pick<Digest, 'hash'>): string {
  return `b3:${digest.hash.slice(0, 12)}`
}

/** Returns digests without those that name the same bytes as one before. */
export function distinct(digests: readonly Digest[]): readonly Digest[] {
  return [...new Map(digests.map((digest) => [digest.hash, digest])).values()]
}
