import { createRequire } from 'node:module'
import type { open } from 'lmdb'

export type { Database, RootDatabase } from 'lmdb'

/**
 * Opens an LMDB environment. In the bundles the modules of lmdb-js stand here; run from source it is their CommonJS
 * bundle, because a loader of TypeScript that takes over `import` cannot load the native part.
 */
export const openLmdb: typeof open = createRequire(import.meta.url)('lmdb').open
