import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { deriveKey, digestBytes, isHash, sameDigest, shortDigest } from '../../../store/contract/digest.ts'

interface Vectors {
  readonly context_string: string
  readonly cases: readonly { readonly input_len: number; readonly hash: string; readonly derive_key: string }[]
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('./vectors/blake3.json', import.meta.url), 'utf8'))

/** The input of the official vectors: the bytes 0 to 250, repeated. */
function vectorInput(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251)
}

describe('digests', () => {
  it.each(vectors.cases)('passes the official BLAKE3 vector of $input_len bytes', ({ input_len, hash }) => {
    expect(digestBytes(vectorInput(input_len))).toEqual({ hash, sizeBytes: input_len })
  })

  it('passes the official vectors of derive_key', () => {
    // Only the empty input and 1 to 128 bytes, whose bytes are valid UTF-8 and so can be given as text.
    for (const { input_len, derive_key } of vectors.cases.filter((vector) => vector.input_len <= 128)) {
      expect(deriveKey(vectors.context_string, Buffer.from(vectorInput(input_len)).toString('utf8'))).toBe(derive_key)
    }
  })

  it('tells a hash from other text', () => {
    expect(isHash('0'.repeat(64))).toBe(true)
    expect(isHash('0'.repeat(63))).toBe(false)
    expect(isHash('A'.repeat(64))).toBe(false)
    expect(isHash(`../${'0'.repeat(61)}`)).toBe(false)
    expect(isHash(`${'0'.repeat(64)}\n`)).toBe(false)
  })

  it('compares hash and size, and shortens for people', () => {
    const one = digestBytes(Buffer.from('one'))
    expect(sameDigest(one, digestBytes(Buffer.from('one')))).toBe(true)
    expect(sameDigest(one, { ...one, sizeBytes: 4 })).toBe(false)
    expect(shortDigest(one)).toBe(`b3:${one.hash.slice(0, 12)}`)
  })
})
