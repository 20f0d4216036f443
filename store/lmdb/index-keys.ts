import { blake3Bytes } from '../contract/blake3.ts'

/** Returns a hash or an action key as the index's key: its 32 bytes. */
export function hashKey(hash: string): Buffer {
  return Buffer.from(hash, 'hex')
}

const shared = Buffer.allocUnsafeSlow(32)

/** Returns the same in memory that the next call overwrites: for look-ups by the thousand. */
export function sharedHashKey(hash: string): Buffer {
  shared.write(hash, 'hex')
  return shared
}

/** Returns the index's key for texts of any length: LMDB's own keys are short. No part may hold a NUL. */
export function textKey(...parts: readonly string[]): Buffer {
  return blake3Bytes(parts.join('\0'))
}
