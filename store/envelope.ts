import { Blake3Hasher } from '@napi-rs/blake-hash'
import type { JsonValue } from './json.ts'
import { guardedParse } from './json-guards.ts'

/** Version byte, then the checksum, then the payload. */
const version = 1
const checkBytes = 16
const headerBytes = 1 + checkBytes

const hasher = new Blake3Hasher()

/** The checksum covers the key, too, so that a record found under another key does not check. */
function checksum(key: Uint8Array, payload: Uint8Array): Buffer {
  hasher.reset()
  return hasher.update(key).update(payload).digestBuffer().subarray(0, checkBytes)
}

/** Returns the record that keeps `payload` under `key`: LMDB has no checksums of its own. */
export function seal(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(headerBytes + payload.byteLength)
  record[0] = version
  record.set(checksum(key, payload), 1)
  record.set(payload, headerBytes)
  return record
}

/** Returns the payload of a record, in the record's own memory, or undefined when it does not check. */
export function unseal(key: Uint8Array, record: Uint8Array): Uint8Array | undefined {
  if (record.byteLength < headerBytes || record[0] !== version) return undefined
  const payload = record.subarray(headerBytes)
  return checksum(key, payload).equals(record.subarray(1, headerBytes)) ? payload : undefined
}

/** Returns the record that keeps a JSON value under `key`. */
export function sealJson(key: Uint8Array, value: JsonValue): Uint8Array {
  return seal(key, Buffer.from(JSON.stringify(value)))
}

/** Returns the JSON value of a record, or undefined when the record does not check. */
export function unsealJson(key: Uint8Array, record: Uint8Array): JsonValue | undefined {
  const payload = unseal(key, record)
  if (payload === undefined) return undefined
  return guardedParse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
}
