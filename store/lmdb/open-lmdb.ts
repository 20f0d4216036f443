import { createRequire } from 'node:module'
import type { open } from 'lmdb'
import type { NativePart } from './defects/destroyed-locks.ts'

export type { Database, RootDatabase } from 'lmdb'

const lmdb: { readonly open: typeof open; readonly nativeAddon: NativePart } = createRequire(import.meta.url)('lmdb')

/**
 * Opens an LMDB environment. In the bundles the modules of lmdb-js stand here; run from source it is their CommonJS
 * bundle, because a loader of TypeScript that takes over `import` cannot load the native part.
 */
export const openLmdb: typeof open = lmdb.open

/** The native part of lmdb-js. */
export const nativePart: NativePart = lmdb.nativeAddon
