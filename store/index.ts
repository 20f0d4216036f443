/** The only door to the store. */

export type * from './action-cache.ts'
export type * from './artifact.ts'
export type * from './blob-store.ts'
export { actionKey, canonicalJson } from './canonical-json.ts'
export { type Digest, deriveKey, digestBytes, isHash, sameDigest, shortDigest } from './digest.ts'
export { describeStoreFailure, type StoreFailure } from './failure.ts'
export type * from './json.ts'
export { err, ok, type Result } from './result.ts'
export type * from './store.ts'
