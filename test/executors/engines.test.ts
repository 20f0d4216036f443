import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FolderEngine } from '../../src/executors/folder/folder-engine.ts'
import { FolderStation } from '../../src/executors/folder/folder-station.ts'
import { openEngine, ordersPlace } from '../../src/executors/open-orders.ts'
import { describeEngine } from '../conformance/engine.ts'
import { startRedis } from '../rig/redis-server.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { engineAt, stationAt } from './redis-orders.ts'

const times = { lookMs: 10, beatMs: 500 }

describeEngine('a folder that machines share', async (dir) => ({
  engine: async () => new FolderEngine(dir, times),
  station: async () => new FolderStation(dir, times),
}))

describeEngine('BullMQ', async (dir) => {
  mkdirSync(join(dir, 'redis'))
  const { url } = await startRedis(join(dir, 'redis'))
  return { engine: () => engineAt(url), station: () => stationAt(url) }
})

describe('the place of orders', () => {
  it('is a folder or a Redis server, and nothing else', () => {
    expect(ordersPlace('orders', '/film')).toEqual({ ok: true, value: { kind: 'folder', dir: '/film/orders' } })
    expect(ordersPlace('file:///mnt/orders', '/')).toEqual({ ok: true, value: { kind: 'folder', dir: '/mnt/orders' } })
    const url = 'rediss://:secret@render:6379'
    expect(ordersPlace(url, '/')).toEqual({ ok: true, value: { kind: 'redis', url } })
    expect(ordersPlace('http://render', '/')).toMatchObject({ ok: false })
    expect(ordersPlace('file://render/orders', '/')).toMatchObject({ ok: false })
    const wrong = ordersPlace('redis://:hush@render:port', '/')
    expect(wrong).toMatchObject({ ok: false })
    expect(JSON.stringify(wrong)).not.toContain('hush')
  })

  it('says of one that cannot be reached that it cannot, within two seconds, and hides the password', async () => {
    const missing = join(temporaryDirectory(), 'missing')
    expect(await new FolderEngine(missing).offers('gpu')).toMatchObject({
      unreachable: expect.stringContaining(missing),
    })
    const engine = await openEngine({ kind: 'redis', url: 'redis://:hush-hush@127.0.0.1:1?password=hush' })
    if (!engine.ok) throw new Error(engine.error)
    const began = performance.now()
    const offers = await engine.value.offers('gpu')
    expect(performance.now() - began).toBeLessThan(2000)
    expect(offers).toMatchObject({ unreachable: expect.stringContaining('127.0.0.1:1') })
    expect(JSON.stringify(offers)).not.toContain('hush')
    await engine.value.close()
  })
})
