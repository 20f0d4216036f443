import { blake3Base64url } from '../contract/blake3.ts'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse } from '../contract/json-guards.ts'

/** Version byte, then the checksum, then the payload. */
const version = 1
const checkBytes = 16
/** What comes before the payload of a record. */
export const sealBytes = 1 + checkBytes
/** So many letters of base64 hold 16 bytes. */
const checkLetters = 22
/** And so many hold nothing besides: the last of them has room for four bits that are not part of the checksum. */
const wholeLetters = 21

/** Keys and payloads up to this size together are copied here: one call costs less than four on a hasher. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * Returns the checksum in base64, and more letters after it. It covers the key, too, so that a record found under
 * another key does not check.
 */
function checksum(key: Uint8Array, payload: Uint8Array): string {
  const length = key.byteLength + payload.byteLength
  const bytes = length <= scratch.byteLength ? scratch.subarray(0, length) : Buffer.allocUnsafe(length)
  bytes.set(key, 0)
  bytes.set(payload, key.byteLength)
  return blake3Base64url(bytes)
}

/** Returns the record that keeps `payload` under `key`: LMDB has no checksums of its own. */
export function seal(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(sealBytes + payload.byteLength)
  sealInto(record, key, payload)
  return record
}

/** Writes the same to the beginning of `record`. */
export function sealInto(record: Buffer, key: Uint8Array, payload: Uint8Array): void {
  record[0] = version
  record.write(checksum(key, payload).slice(0, checkLetters), 1, 'base64url')
  record.set(payload, sealBytes)
}

/** Returns the payload of a record, in the record's own memory, or undefined when it does not check. */
export function unseal(key: Uint8Array, record: Uint8Array): Buffer | undefined {
  if (record.byteLength < sealBytes || record[0] !== version) return undefined
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  const payload = bytes.subarray(sealBytes)
  const found = bytes.toString('base64url', 1, sealBytes).slice(0, wholeLetters)
  return checksum(key, payload).startsWith(found) ? payload : undefined
}

/** Returns what differs in any two records that are not the same, and takes no reading of them. */
export function sealOf(record: Uint8Array): string {
  return Buffer.from(record.subarray(0, sealBytes)).toString('latin1')
}

/** Returns the record that keeps a JSON value under `key`. */
export function sealJson(key: Uint8Array, value: JsonValue): Uint8Array {
  return seal(key, Buffer.from(JSON.stringify(value)))
}

/** Returns the JSON value of a record, or undefined when the record does not check. */
export function unsealJson(key: Uint8Array, record: Uint8Array): JsonValue | undefined {
  const payload = unseal(key, record)
  return payload === undefined ? undefined : guardedParse(payload.toString('utf8'))
}
