import { Blake3Hasher, blake3UrlSafeBase64 } from '@napi-rs/blake-hash'

export { Blake3Hasher }

/**
 * Returns the BLAKE3-256 of bytes or of a text's UTF-8 as URL-safe base64, 43 letters. Of the forms that the native
 * module can return it is the quickest by far: 0.4 us for a short input, where a buffer takes 2.1 and hexadecimal 1.3,
 * and it leaves nothing for the collector of garbage to free outside its heap.
 */
export function blake3Base64url(input: string | Uint8Array): string {
  // It comes with padding, which Node's own form does not have.
  return blake3UrlSafeBase64(input).slice(0, 43)
}

/** Returns the BLAKE3-256 of bytes or of a text's UTF-8, 32 bytes. */
export function blake3Bytes(input: string | Uint8Array): Buffer {
  return Buffer.from(blake3Base64url(input), 'base64url')
}
