import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../../store/index.ts'
import { blobPath } from '../../../store/remote/layout/remote-layout.ts'
import { createDirectoryPlace } from '../../../store/remote/place/directory-place.ts'
import { describeCacheStore } from '../../conformance/cache-store.ts'
import { newDirectory } from '../fixtures.ts'
import { behindWire, newKey, newWire, remoteIn } from './rig.ts'

describeCacheStore('a remote in a shared directory', async () => {
  const dir = newDirectory()
  const place = createDirectoryPlace(dir)
  const [signer, another] = [newKey(), newKey()]
  const trust = [signer.publicKey, another.publicKey]
  const wire = newWire()
  const pathOf = ({ hash }: Digest) => join(dir, blobPath('main', hash))
  return {
    cache: remoteIn(behindWire(place, wire), { write: 'main', signer, trust }),
    other: remoteIn(place, { write: 'main', signer: another, trust }),
    damage(digest) {
      const bytes = readFileSync(pathOf(digest))
      bytes[0] = (bytes[0] ?? 0) ^ 1
      writeFileSync(pathOf(digest), bytes)
    },
    lose: (digest) => rmSync(pathOf(digest)),
    openReadOnly: async () => remoteIn(place, { trust }),
    wire,
  }
})
