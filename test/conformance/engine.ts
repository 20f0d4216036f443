import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine, OrderEvent, Perform, Station } from '../../src/executors/contract/engine.ts'
import { isOrder } from '../../src/executors/contract/messages.ts'
import type { Offer } from '../../src/executors/contract/offer.ts'
import type { Order, OrderAnswer } from '../../src/executors/contract/order.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** Both sides of an engine, in one place that is new for each test. Each call opens another one, as another process does. */
export interface EngineSides {
  engine(): Promise<Engine>
  station(): Promise<Station>
}

const key = (digit: string) => digit.repeat(64)

/** Returns an order whose id is made of a digit. */
export function orderOf(digit: string, more: Partial<Order> = {}): Order {
  const order: Order = {
    v: 2,
    id: key(digit),
    pipeline: 'tried',
    params: { word: 'one' },
    pool: 'gpu',
    slots: 1,
    priority: 1000,
    run: 'a-run',
    from: 'a-machine',
    request: {
      key: key(digit),
      action: {
        runner: 1,
        stage: { name: 'try', version: 1 },
        params: { name: digit },
        inputs: {},
        device: 'cpu',
        tools: {},
      },
      step: `try/${digit}`,
      attempt: 1,
      stage: { name: 'try', version: 1 },
      inputs: {},
      outputs: {},
      limits: { killGraceMs: 1000, memoryRung: 0 },
    },
    nonce: 'once',
    given: new Date(0).toISOString(),
    notFor: [],
    ...more,
  }
  expect(isOrder(order)).toBe(true)
  return order
}

const executed: OrderAnswer = {
  kind: 'ended',
  how: 'executed',
  end: { kind: 'executed', outputs: {}, cost: { durationMs: 1 }, ran: { device: 'cpu', tools: {} } },
}
const cancelled: OrderAnswer = { kind: 'ended', how: 'executed', end: { kind: 'cancelled' } }

/** A promise that a test resolves. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Returns what a worker says of itself. */
export function offerOf(worker: string, slots = 1): Offer {
  return {
    v: 1,
    worker,
    host: 'a-machine',
    pool: 'gpu',
    slots,
    device: 'cpu',
    reprise: '0',
    node: process.version,
    platform: 'test',
    tools: { sh: '1' },
    pipelines: ['tried'],
    since: new Date().toISOString(),
  }
}

interface Serving {
  readonly drain: AbortController
  readonly ended: Promise<void>
}

async function serve(sides: EngineSides, worker: string, perform: Perform, slots = 1): Promise<Serving> {
  const offer = offerOf(worker, slots)
  const drain = new AbortController()
  const station = await sides.station()
  const ended = station.serve({ offer, perform, drain: drain.signal, onLine: () => {} })
  onTestFinished(async () => {
    drain.abort()
    await ended
  })
  return { drain, ended }
}

/** Tries what every engine promises. */
export function describeEngine(name: string, open: (dir: string) => Promise<EngineSides>): void {
  const never = new AbortController().signal

  async function opened() {
    const sides = await open(temporaryDirectory())
    const engines: Engine[] = []
    onTestFinished(async () => {
      for (const engine of engines) await engine.close()
    })
    const engine = async () => {
      const one = await sides.engine()
      engines.push(one)
      return one
    }
    return { sides, engine }
  }

  describe(`${name}, as an engine`, () => {
    it('hands an order over as it is, and tells what happens in its order', async () => {
      const { sides, engine } = await opened()
      const taken: Order[] = []
      await serve(sides, 'first', async (order, onReport) => {
        taken.push(order)
        onReport({ kind: 'progress', fraction: 0.5, note: 'half' })
        onReport({ kind: 'log', line: 'a line' })
        onReport({ kind: 'warning', line: 'beware' })
        return executed
      })
      const events: OrderEvent[] = []
      const one = await engine()
      const end = await one.perform(orderOf('a'), (event) => events.push(event), never)
      expect(end).toEqual({ kind: 'answered', answer: executed, worker: 'first' })
      expect(taken).toEqual([orderOf('a')])
      expect(events.filter(({ kind }) => kind !== 'queued')).toEqual([
        { kind: 'placed', worker: 'first' },
        { kind: 'progress', fraction: 0.5, note: 'half' },
        { kind: 'log', line: 'a line' },
        { kind: 'warning', line: 'beware' },
      ])
    })

    it('lists the workers of a pool for as long as they take orders', async () => {
      const { sides, engine } = await opened()
      const one = await engine()
      expect(await one.offers('gpu')).toEqual([])
      const { drain, ended } = await serve(sides, 'first', async () => executed, 3)
      await one.perform(orderOf('a'), () => {}, never)
      expect(await one.offers('gpu')).toMatchObject([{ worker: 'first', slots: 3, tools: { sh: '1' } }])
      expect(await one.offers('cpu')).toEqual([])
      drain.abort()
      await ended
      expect(await one.offers('gpu')).toEqual([])
    })

    it('has an order performed once that two runs give at the same time, and tells both', async () => {
      const { sides, engine } = await opened()
      const [begun, goOn] = [gate(), gate()]
      let count = 0
      await serve(sides, 'first', async () => {
        count += 1
        begun.open()
        await goOn.opened
        return executed
      })
      const [one, other] = [await engine(), await engine()]
      const first = one.perform(orderOf('a'), () => {}, never)
      await begun.opened
      const placed = gate()
      const second = other.perform(
        orderOf('a'),
        ({ kind }) => {
          if (kind === 'placed') placed.open()
        },
        never,
      )
      await placed.opened
      goOn.open()
      // An engine may give the answer to one, and tell the other that it is gone: that one asks the cache.
      const kinds = (await Promise.all([first, second])).map(({ kind }) => kind)
      expect(kinds).toContain('answered')
      for (const kind of kinds) expect(['answered', 'gone']).toContain(kind)
      expect(count).toBe(1)
    })

    it('joins the order that an earlier run left, while it is performed and after', async () => {
      const { sides, engine } = await opened()
      const [begun, goOn, done] = [gate(), gate(), gate()]
      let count = 0
      await serve(sides, 'first', async () => {
        count += 1
        begun.open()
        await goOn.opened
        done.open()
        return executed
      })
      const killed = await engine()
      void killed.perform(orderOf('a'), () => {}, never).catch(() => {})
      await begun.opened
      await killed.close()
      const back = await engine()
      const placed = gate()
      const end = back.perform(
        orderOf('a'),
        ({ kind }) => {
          if (kind === 'placed') placed.open()
        },
        never,
      )
      await placed.opened
      goOn.open()
      await done.opened
      expect(['answered', 'gone']).toContain((await end).kind)
      expect(count).toBe(1)
    })

    it('ends the orders of an engine that is dead, those that wait and those that are performed, and no others', async () => {
      const { sides, engine } = await opened()
      const begun = gate()
      const killed = await engine()
      const orders = [orderOf('a', { priority: 9e9 }), orderOf('b'), orderOf('c', { run: 'another-run' })] as const
      await serve(sides, 'first', async ({ request }, _, signal) => {
        if (request.step !== 'try/a') return executed
        begun.open()
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
        return cancelled
      })
      void killed.perform(orders[0], () => {}, never).catch(() => {})
      await begun.opened
      const [waits, others] = [gate(), gate()]
      const queued = (at: { open(): void }) => (event: OrderEvent) => {
        if (event.kind === 'queued') at.open()
      }
      void killed.perform(orders[1], queued(waits), never).catch(() => {})
      await waits.opened
      await killed.close()
      const alive = await engine()
      const other = alive.perform(orders[2], queued(others), never)
      await others.opened
      const back = await engine()
      const ends = await back.cancel('gpu', ({ run }) => run === 'a-run', never)
      if ('unreachable' in ends) throw new Error(ends.unreachable)
      expect([...ends].sort((one, two) => one.step.localeCompare(two.step))).toEqual([
        // What follows it in this process may be told first.
        expect.objectContaining({ step: 'try/a', how: expect.stringMatching(/ended|gone/) }),
        { step: 'try/b', how: 'taken-back' },
      ])
      expect(await other).toMatchObject({ kind: 'answered', answer: executed })
      expect(await back.cancel('gpu', () => true, never)).toEqual([])
    })

    it('takes a waiting order back that is cancelled: nobody performs it', async () => {
      const { sides, engine } = await opened()
      const one = await engine()
      const controller = new AbortController()
      const end = one.perform(
        orderOf('a'),
        ({ kind }) => {
          if (kind === 'queued') controller.abort()
        },
        controller.signal,
      )
      expect(await end).toMatchObject({ kind: 'answered', answer: cancelled })
      const taken: string[] = []
      await serve(sides, 'first', async ({ request }) => {
        taken.push(request.step)
        return executed
      })
      await one.perform(orderOf('b'), () => {}, never)
      expect(taken).toEqual(['try/b'])
    })

    it('ends what is performed when it is cancelled', async () => {
      const { sides, engine } = await opened()
      const controller = new AbortController()
      let isEnded = false
      await serve(sides, 'first', async (_, __, signal) => {
        controller.abort()
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
        isEnded = true
        return cancelled
      })
      const one = await engine()
      expect(await one.perform(orderOf('a'), () => {}, controller.signal)).toMatchObject({
        kind: 'answered',
        answer: cancelled,
      })
      expect(isEnded).toBe(true)
    })

    it('leaves an order to others that a worker has refused', async () => {
      const { sides, engine } = await opened()
      const taken: string[] = []
      const performer =
        (worker: string): Perform =>
        async () => {
          taken.push(worker)
          return executed
        }
      await serve(sides, 'first', performer('first'))
      const one = await engine()
      const end = one.perform(orderOf('a', { notFor: ['first'] }), () => {}, never)
      // The first one is busy with this one at least as long as it takes to look at the other.
      await one.perform(orderOf('b'), () => {}, never)
      await serve(sides, 'second', performer('second'))
      expect(await end).toMatchObject({ kind: 'answered', worker: 'second' })
      expect(taken).toEqual(['first', 'second'])
    })

    it('gives an order that a worker gives back to another one', async () => {
      const { sides, engine } = await opened()
      const first = await serve(sides, 'first', async () => {
        first.drain.abort()
        return 'given-back'
      })
      const one = await engine()
      const end = one.perform(orderOf('a'), () => {}, never)
      await first.ended
      await serve(sides, 'second', async () => executed)
      expect(await end).toMatchObject({ kind: 'answered', worker: 'second' })
    })

    it('has the most urgent order performed first', async () => {
      const { sides, engine } = await opened()
      const one = await engine()
      const goOn = gate()
      const taken: string[] = []
      const blocking = gate()
      await serve(sides, 'first', async ({ request }) => {
        taken.push(request.step)
        blocking.open()
        await goOn.opened
        return executed
      })
      const ends = [one.perform(orderOf('0'), () => {}, never)]
      await blocking.opened
      for (const [digit, priority] of Object.entries({ a: 1000, b: 5_000_000, c: 60_000 })) {
        const queued = gate()
        ends.push(
          one.perform(
            orderOf(digit, { priority }),
            ({ kind }) => {
              if (kind === 'queued') queued.open()
            },
            never,
          ),
        )
        await queued.opened
      }
      goOn.open()
      await Promise.all(ends)
      expect(taken).toEqual(['try/0', 'try/b', 'try/c', 'try/a'])
    })

    it('performs as many at once as a worker has slots', async () => {
      const { sides, engine } = await opened()
      const one = await engine()
      const both = gate()
      let running = 0
      await serve(
        sides,
        'first',
        async () => {
          running += 1
          if (running === 2) both.open()
          await both.opened
          return executed
        },
        2,
      )
      const ends = await Promise.all(['a', 'b'].map((digit) => one.perform(orderOf(digit), () => {}, never)))
      expect(ends.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    })
  })
}
