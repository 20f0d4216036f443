/**
 * Returns a number from 0 up to 1 that is always the same for the same seed and words: a hash (FNV-1a, then the finalizer of
 * MurmurHash3). So what one part of a show draws does not depend on the others.
 */
export function drawn(seed: number, ...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed
  for (const byte of new TextEncoder().encode(words.join('\0'))) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** Returns one of a list, always the same for the same seed and words. */
export function picked<T>(list: readonly [T, ...T[]], seed: number, ...words: readonly (string | number)[]): T {
  return list[Math.floor(drawn(seed, ...words) * list.length)] ?? list[0]
}
