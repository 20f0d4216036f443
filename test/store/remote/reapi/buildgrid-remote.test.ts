import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestBytes } from '../../../../store/index.ts'
import { retryingPlace } from '../../../../store/remote/place/retrying-place.ts'
import { openReapiPlace } from '../../../../store/remote/reapi/open-reapi.ts'
import { describeCacheStore } from '../../../conformance/cache-store.ts'
import { startService } from '../../../rig/services.ts'
import { behindWire, newKey, newWire, remoteIn } from '../rig.ts'

const buildgrid = startService('buildgrid')

async function placeOf() {
  const place = await openReapiPlace(`grpc://127.0.0.1:${buildgrid().port}`, undefined)
  if (!place.ok) throw new Error(place.error)
  return retryingPlace(place.value)
}

/** Returns the files in which the bytes of a blob are: alone, or with some behind them. */
function filesOf({ hash, sizeBytes }: Digest): string[] {
  const dir = join(buildgrid().dir, 'data/cas/objects')
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path)
      return bytes.byteLength >= sizeBytes && digestBytes(bytes.subarray(0, sizeBytes)).hash === hash
    })
}

let caches = 0

describeCacheStore('a remote on BuildGrid', async () => {
  // One server keeps all of them: each has a scope of its own.
  const scope = `cache-${caches++}`
  const [signer, another] = [newKey(), newKey()]
  const trust = [signer.publicKey, another.publicKey]
  const wire = newWire()
  const who = { read: [scope], trust }
  return {
    cache: remoteIn(behindWire(await placeOf(), wire), { ...who, write: scope, signer }),
    other: remoteIn(await placeOf(), { ...who, write: scope, signer: another }),
    damage(digest) {
      for (const path of filesOf(digest)) {
        const bytes = readFileSync(path)
        bytes[0] = (bytes[0] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }
    },
    lose(digest) {
      for (const path of filesOf(digest)) rmSync(path)
    },
    openReadOnly: async () => remoteIn(await placeOf(), who),
    wire,
  }
})
