import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Returns a random text of 256 bits that is safe in addresses, cookies and headers. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that does not depend on where the texts differ. */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
