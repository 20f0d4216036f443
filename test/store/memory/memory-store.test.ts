import { createMemoryStore } from '../../../store/index.ts'
import { describeCacheStore } from '../../conformance/cache-store.ts'
import { describeLocalStore } from '../../conformance/local-store.ts'

describeLocalStore('memory store', async () => createMemoryStore())

describeCacheStore('memory store', async () => {
  const blobs = new Map<string, Uint8Array>()
  const cache = createMemoryStore({ blobs })
  return {
    cache,
    other: cache,
    damage({ hash }) {
      const bytes = Buffer.from(blobs.get(hash) ?? [])
      bytes[0] = (bytes[0] ?? 0) ^ 1
      blobs.set(hash, bytes)
    },
    lose: ({ hash }) => blobs.delete(hash),
  }
})
