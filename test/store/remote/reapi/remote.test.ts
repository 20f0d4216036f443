import type { Digest } from '../../../../store/index.ts'
import { digestBytes } from '../../../../store/index.ts'
import { describeCacheStore } from '../../../conformance/cache-store.ts'
import { behindWire, newKey, newWire, remoteIn } from '../rig.ts'
import { reapiPlaceAt } from './place-at.ts'
import { type ReapiServer, startReapiServer } from './server.ts'

/** Returns the blobs in which the bytes of one of ours are: alone, or with some behind them. */
function namesOf({ blobs }: ReapiServer, { hash, sizeBytes }: Digest): string[] {
  return [...blobs]
    .filter(([, kept]) => kept.byteLength >= sizeBytes && digestBytes(kept.subarray(0, sizeBytes)).hash === hash)
    .map(([name]) => name)
}

for (const hashFunction of ['BLAKE3', 'SHA256'] as const) {
  describeCacheStore(`a remote on a server with ${hashFunction}`, async () => {
    const server = await startReapiServer({ hashFunction })
    const [signer, another] = [newKey(), newKey()]
    const trust = [signer.publicKey, another.publicKey]
    const wire = newWire()
    return {
      cache: remoteIn(behindWire(await reapiPlaceAt(server.port), wire), { write: 'main', signer, trust }),
      other: remoteIn(await reapiPlaceAt(server.port), { write: 'main', signer: another, trust }),
      damage(of) {
        for (const name of namesOf(server, of)) {
          const kept = server.blobs.get(name)
          if (kept !== undefined) kept[0] = (kept[0] ?? 0) ^ 1
        }
      },
      lose(of) {
        for (const name of namesOf(server, of)) server.blobs.delete(name)
      },
      openReadOnly: async () => remoteIn(await reapiPlaceAt(server.port), { trust }),
      wire,
    }
  })
}
