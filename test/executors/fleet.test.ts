import { expect, it } from 'vitest'
import { defineStage } from '../../src/core/index.ts'
import type { ExecutionRequest } from '../../src/engine/execute/executor.ts'
import { RemoteExecutor } from '../../src/executors/run/remote-executor.ts'
import { actionKey, createMemoryStore } from '../../store/index.ts'
import { orderOf } from '../conformance/engine.ts'
import { Fleet } from './fleet.ts'

/** `REPRISE_FLEET=1000x100000` takes so many workers and orders. */
const [workers = 40, orders = 1500] = (process.env.REPRISE_FLEET ?? '').split('x').filter(Boolean).map(Number)
const poisonShare = 0.001
const loss = 0.02

/** A generator of random numbers from 0 to 1 that is the same each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

it(`${workers} workers of whom some are lost work off ${orders} orders: each has one result, and none is left`, async () => {
  const random = randomFrom(7)
  const cache = createMemoryStore()
  const isPoison = (name: string) => Number(name) % Math.round(1 / poisonShare) === 0
  const fleet = new Fleet({ workers, cache, random, loss, isPoison: ({ request }) => isPoison(request.step) })
  const stage = defineStage({ name: 'try', version: 1, inputs: {}, outputs: { text: 'text.txt' }, run: () => {} })
  const base = orderOf('a').request
  const executor = new RemoteExecutor(
    {
      run: 'a-run',
      pipeline: 'tried',
      params: {},
      device: 'cpu',
      store: createMemoryStore(),
      places: { of: () => ({ stage, inputs: {}, tools: new Map(), priority: () => random() * 1e6 }) },
      local: { execute: () => Promise.reject(new Error('nothing is executed here')) },
    },
    { pools: new Map([['cpu', { engine: fleet, only: true }]]), cache, scratch: '/nowhere' },
  )
  const never = new AbortController().signal
  let lossesTold = 0
  const watch = {
    onProgress: () => {},
    onLog: () => {},
    onToolLine: () => {},
    onWarning: () => {},
    onPlace: ({ kind }: { readonly kind: string }) => {
      if (kind === 'lost') lossesTold += 1
    },
  }
  const ends = Array.from({ length: orders }, (_, number) => {
    const action = { ...base.action, params: { name: String(number) } }
    const request: ExecutionRequest = { ...base, action, key: actionKey(action), step: String(number), gpus: [] }
    return executor.execute(request, watch, never)
  })
  await fleet.pass()
  const kinds = new Map<string, number>()
  for (const end of await Promise.all(ends)) {
    const kind = end.kind === 'failed' ? end.failure.kind : end.kind
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const poisoned = Array.from({ length: orders }, (_, number) => isPoison(String(number))).filter(Boolean).length
  // Three random losses of one order are one in 125,000, and say the same.
  const lostThrice = kinds.get('worker-lost') ?? 0
  expect(lostThrice).toBeGreaterThanOrEqual(poisoned)
  expect(lostThrice).toBeLessThanOrEqual(poisoned + 1 + orders * loss ** 3 * 3)
  expect(kinds.get('executed')).toBe(orders - lostThrice)
  expect(lossesTold).toBe(fleet.losses)
  // Nothing was executed but once, and once more for each loss at most.
  expect(fleet.executions).toBeLessThanOrEqual(orders + fleet.losses)
  // Silence, and the time until there is another worker, are all that losses cost.
  const idealMs = (fleet.workedMs + fleet.losses * 60_000) / workers
  expect(fleet.now).toBeLessThan(idealMs * 1.15 + 400_000)
}, 600_000)
