import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeCacheStore } from '../conformance/cache-store.ts'
import { createFileCache } from './file-cache.ts'
import { newDirectory } from './fixtures.ts'

describeCacheStore('a plain directory', async () => {
  const dir = newDirectory()
  const wire = { movedBytes: 0, breaksAfterBytes: Number.POSITIVE_INFINITY }
  return {
    cache: createFileCache(dir, { wire }),
    other: createFileCache(dir),
    damage({ hash }) {
      const path = join(dir, 'blobs', hash)
      const bytes = readFileSync(path)
      bytes[0] = (bytes[0] ?? 0) ^ 1
      writeFileSync(path, bytes)
    },
    lose: ({ hash }) => rmSync(join(dir, 'blobs', hash)),
    openReadOnly: async () => createFileCache(dir, { readOnly: true }),
    wire,
  }
})
