import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Perform } from '../../src/executors/contract/engine.ts'
import type { OrderAnswer } from '../../src/executors/contract/order.ts'
import { offerOf, orderOf } from '../conformance/engine.ts'
import { type RedisServer, startRedis } from '../rig/redis-server.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { engineAt, stationAt } from './redis-orders.ts'

const executed: OrderAnswer = {
  kind: 'ended',
  how: 'executed',
  end: { kind: 'executed', outputs: {}, cost: { durationMs: 1 }, ran: { device: 'cpu', tools: {} } },
}

/** Gives an order, and lets something happen to the server while a worker performs it. */
async function whilePerforming(
  meanwhile: (redis: RedisServer, at: { readonly dir: string; readonly lines: readonly string[] }) => Promise<void>,
) {
  const dir = join(temporaryDirectory(), 'redis')
  mkdirSync(dir)
  const redis = await startRedis(dir)
  const [engine, station] = [await engineAt(redis.url), await stationAt(redis.url)]
  const drain = new AbortController()
  const lines: string[] = []
  let begun = () => {}
  const beginning = new Promise<void>((resolve) => {
    begun = resolve
  })
  let goOn = () => {}
  const going = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const perform: Perform = async () => {
    begun()
    await going
    return executed
  }
  const serving = station.serve({
    offer: offerOf('first'),
    perform,
    drain: drain.signal,
    onLine: (line) => lines.push(line),
  })
  onTestFinished(async () => {
    drain.abort()
    await engine.close()
    await serving
  })
  const end = engine.perform(orderOf('a'), () => {}, new AbortController().signal)
  await beginning
  await meanwhile(redis, { dir, lines })
  goOn()
  return { end: await end }
}

describe('a Redis server that goes away while a step is executed', () => {
  it('and comes back with what it had written: the order ends as if nothing had happened', async () => {
    const { end } = await whilePerforming(async (redis, { lines }) => {
      await redis.kill()
      // One that is back at once is not missed.
      await expect.poll(() => lines.join('\n'), { timeout: 10_000 }).toContain('cannot be reached')
      await redis.restart()
    })
    expect(end).toMatchObject({ kind: 'answered', answer: executed, worker: 'first' })
  })

  it('and comes back empty: the run learns that its order is gone, and so can give it again', async () => {
    const { end } = await whilePerforming(async (redis, { dir }) => {
      await redis.kill()
      rmSync(join(dir, 'appendonlydir'), { recursive: true })
      await redis.restart()
    })
    expect(end).toEqual({ kind: 'gone' })
  })
})

describe('a run whose Redis server is away', () => {
  it.each([true, false])('can be cancelled and ends (connected before: %s)', async (wasConnected) => {
    const dir = join(temporaryDirectory(), 'redis')
    mkdirSync(dir)
    const redis = await startRedis(dir)
    const engine = await engineAt(redis.url)
    const first = new AbortController()
    if (wasConnected) {
      const end = engine.perform(orderOf('a'), () => first.abort(), first.signal)
      expect(await end).toMatchObject({ answer: { end: { kind: 'cancelled' } } })
    }
    await redis.kill()
    const second = new AbortController()
    const end = engine.perform(orderOf('b'), () => {}, second.signal)
    second.abort()
    expect(await end).toMatchObject({ answer: { end: { kind: 'cancelled' } } })
    await engine.close()
  })
})

describe('a worker whose Redis server is away', () => {
  it('says so, and ends when it has to', async () => {
    const dir = join(temporaryDirectory(), 'redis')
    mkdirSync(dir)
    const redis = await startRedis(dir)
    await redis.kill()
    const station = await stationAt(redis.url)
    const drain = new AbortController()
    const lines: string[] = []
    await station.serve({
      offer: offerOf('first'),
      perform: async () => executed,
      drain: drain.signal,
      onLine: (line) => {
        lines.push(line)
        drain.abort()
      },
    })
    expect(lines).toEqual([expect.stringMatching(/^redis:.* cannot be reached: .*; tries again$/)])
  })
})
