import { createRequire } from 'node:module'

/**
 * The native BLAKE3. It is required and not imported: an import has the whole of a CommonJS module searched for names
 * first, which takes longer than loading it, and every run begins with this.
 */
const native: typeof import('@napi-rs/blake-hash') = createRequire(import.meta.url)('@napi-rs/blake-hash')

export const { Blake3Hasher } = native

/**
 * Returns the BLAKE3-256 of bytes or of a text's UTF-8 as URL-safe base64, 43 letters. Of the forms that the native
 * module can return it is the quickest by far: 0.4 us for a short input, where a buffer takes 2.1 and hexadecimal 1.3,
 * and it leaves nothing for the collector of garbage to free outside its heap.
 */
export function blake3Base64url(input: string | Uint8Array): string {
  // It comes with padding, which Node's own form does not have.
  return native.blake3UrlSafeBase64(input).slice(0, 43)
}

/** Returns the BLAKE3-256 of bytes or of a text's UTF-8, 32 bytes. */
export function blake3Bytes(input: string | Uint8Array): Buffer {
  return Buffer.from(blake3Base64url(input), 'base64url')
}
