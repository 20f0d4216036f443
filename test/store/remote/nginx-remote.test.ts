import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Digest } from '../../../store/index.ts'
import { createHttpPlace } from '../../../store/remote/http/http-place.ts'
import { blobPath } from '../../../store/remote/layout/remote-layout.ts'
import { retryingPlace } from '../../../store/remote/place/retrying-place.ts'
import { describeCacheStore } from '../../conformance/cache-store.ts'
import { startService } from '../../rig/services.ts'
import { behindWire, newKey, newWire, remoteIn } from './rig.ts'

const nginx = startService('nginx')
let folders = 0

function placeAt(path: string, token: string | undefined) {
  const place = createHttpPlace(new URL(`http://127.0.0.1:${nginx().port}/${path}`), token)
  if (!place.ok) throw new Error(place.error)
  return retryingPlace(place.value)
}

describeCacheStore('a remote on nginx', async () => {
  const path = `cache-${folders++}`
  const place = placeAt(path, 'writer')
  const [signer, another] = [newKey(), newKey()]
  const trust = [signer.publicKey, another.publicKey]
  const wire = newWire()
  const pathOf = ({ hash }: Digest) => join(nginx().dir, 'data', path, blobPath('main', hash))
  return {
    cache: remoteIn(behindWire(place, wire), { write: 'main', signer, trust }),
    other: remoteIn(place, { write: 'main', signer: another, trust }),
    damage(digest) {
      const bytes = readFileSync(pathOf(digest))
      bytes[0] = (bytes[0] ?? 0) ^ 1
      writeFileSync(pathOf(digest), bytes)
    },
    lose: (digest) => rmSync(pathOf(digest)),
    openReadOnly: async () => remoteIn(placeAt(path, undefined), { trust }),
    wire,
  }
})

it('is told that it may not write, by a server that wants a token', async () => {
  const refused = await placeAt('cache-x', undefined).write('a', { bytes: Buffer.from('a') })
  expect(refused).toEqual({ ok: false, error: { kind: 'refused', reason: 'permission denied (403)' } })
})
