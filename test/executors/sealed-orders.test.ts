import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOrder, parsedJson } from '../../src/executors/contract/messages.ts'
import type { OrderAnswer } from '../../src/executors/contract/order.ts'
import {
  AnsweredOrders,
  answerProblem,
  answerSeal,
  anySeal,
  sealedOrder,
  untrusted,
} from '../../src/executors/contract/sealed-order.ts'
import { newSigningKey, openRemote, type RemoteCache } from '../../store/index.ts'
import { orderOf } from '../conformance/engine.ts'

type Key = Awaited<ReturnType<typeof newSigningKey>>

/** Returns a cache of one who has this key, if any, trusts these, and reads these scopes. Nothing is read of it here. */
async function remoteOf(key: Key | undefined, trust: readonly string[] = [], read = ['main']): Promise<RemoteCache> {
  const env = key === undefined ? {} : { REPRISE_REMOTE_SIGNING_KEY: key.privateKey }
  const opened = await openRemote({ url: './team', trust, read }, { cwd: '/nowhere', env })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

const [laptop, stranger] = [await newSigningKey(), await newSigningKey()]
const submitter = await remoteOf(laptop)
const worker = await remoteOf(undefined, [laptop.publicKey])

describe('an order', () => {
  it('is taken from whom the cache trusts, for a scope that the worker reads', async () => {
    const order = sealedOrder(orderOf('a', { params: { word: 'é "quoted" \\ ' } }), submitter)
    expect(isOrder(order)).toBe(true)
    expect(untrusted(order, 'gpu', worker)).toBeUndefined()
    const ofBranches = await remoteOf(undefined, [`pr/*=${laptop.publicKey}`])
    expect(untrusted(order, 'gpu', ofBranches)).toMatchObject({ kind: 'untrusted' })
    const readsBranch = await remoteOf(undefined, [`pr/*=${laptop.publicKey}`], ['main', 'pr/17'])
    expect(untrusted(order, 'gpu', readsBranch)).toBeUndefined()
  })

  it('of a stranger, or of nobody, is refused in words that say what to do', async () => {
    const order = sealedOrder(orderOf('a'), await remoteOf(stranger))
    expect(untrusted(order, 'gpu', worker)).toEqual({
      kind: 'untrusted',
      signer: stranger.publicKey,
      message: expect.stringMatching(/signed by ed25519:.*whom this worker does not trust; .*add it to 'trust'/),
    })
    expect(untrusted(orderOf('a'), 'gpu', worker)).toEqual({
      kind: 'untrusted',
      message: expect.stringContaining("not signed; make a key on a-machine with 'reprise remote keygen'"),
    })
    // A name that somebody else's seal bears is not his.
    const seal = { signer: laptop.publicKey, signature: order.seal?.signature ?? '' }
    expect(untrusted({ ...order, seal }, 'gpu', worker)?.message).toContain('was changed')
  })

  it('is taken from anyone where the cache takes results of anyone, but never for another pool', async () => {
    expect(sealedOrder(orderOf('a'), await remoteOf(undefined)).seal).toBeUndefined()
    expect(untrusted(orderOf('a'), 'gpu', anySeal)).toBeUndefined()
    expect(untrusted(orderOf('a'), 'cpu', anySeal)).toMatchObject({ message: expect.stringContaining("pool 'gpu'") })
  })

  it('is refused by the workers of another pool, also where its pool is rewritten', () => {
    const order = sealedOrder(orderOf('a'), submitter)
    expect(untrusted(order, 'cpu', worker)).toMatchObject({ message: expect.stringContaining("pool 'gpu'") })
    expect(untrusted({ ...order, pool: 'cpu' }, 'cpu', worker)).toMatchObject({
      message: expect.stringContaining('was changed'),
    })
  })

  it('is refused when any byte of it was changed', () => {
    const order = sealedOrder(orderOf('a', { params: { text: 'naïve', deep: [{ n: 1.5, on: true }] } }), submitter)
    const bytes = Buffer.from(JSON.stringify(order))
    const isTaken = (changed: Uint8Array) => {
      const value = parsedJson(Buffer.from(changed).toString('utf8'))
      return isOrder(value) && untrusted(value, 'gpu', worker) === undefined
    }
    expect(isTaken(bytes)).toBe(true)
    const changed = (at: number, by: number) => bytes.map((byte, index) => (index === at ? byte ^ by : byte))
    // Every byte by one bit each, and any byte by any other.
    for (let at = 0; at < bytes.length; at++) expect(isTaken(changed(at, 1 << (at % 8)))).toBe(false)
    const any = fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      expect(isTaken(changed(at, by))).toBe(false)
    })
    fc.assert(any, { numRuns: 2000 })
  })

  it('is refused when anything is added to it or taken from it', () => {
    const order = sealedOrder(orderOf('a'), submitter)
    const { action } = order.request
    const more = { ...order, request: { ...order.request, action: { ...action, extra: 1 } } }
    expect(isOrder(more)).toBe(true)
    expect(untrusted(more, 'gpu', worker)).toBeDefined()
    expect(untrusted({ ...order, notFor: ['another'] }, 'gpu', worker)).toBeDefined()
    const half = { ...order, params: { word: '\ud800' } }
    expect(untrusted(half, 'gpu', worker)).toMatchObject({ message: expect.stringContaining('cannot be checked') })
  })
})

describe('an order that is given again', () => {
  it('is another one, and a copy of one that was answered is refused, as is one of long ago', () => {
    const [order, again] = [sealedOrder(orderOf('a'), submitter), sealedOrder(orderOf('a'), submitter)]
    const answered = new AnsweredOrders()
    expect(answered.refusal(order)).toBeUndefined()
    answered.add(order)
    expect(answered.refusal(again)).toBeUndefined()
    expect(answered.refusal(order)).toMatchObject({ kind: 'untrusted', message: expect.stringContaining('a copy') })
    const old = { ...again, given: new Date(Date.now() - 15 * 86_400_000).toISOString() }
    expect(answered.refusal(old)).toMatchObject({ message: expect.stringContaining('14 days ago') })
    // What was signed cannot be made younger.
    expect(untrusted({ ...again, given: new Date().toISOString().replace('Z', '0Z') }, 'gpu', worker)).toBeDefined()
    expect(answered.refusal({ ...again, given: 'never' })).toBeDefined()
  })
})

describe('an answer', () => {
  const answer: OrderAnswer = { kind: 'crashed', message: 'it ended' }
  const runs = submitter

  it('counts from whom the run trusts, and from nobody else', async () => {
    const boxKey = await newSigningKey()
    const box = await remoteOf(boxKey)
    const trusting = await remoteOf(laptop, [boxKey.publicKey])
    const order = sealedOrder(orderOf('a'), runs)
    const end = { kind: 'answered', worker: 'box', answer, ...answerSeal(order, 'box', answer, box) } as const
    expect(end.seal?.signer).toBe(boxKey.publicKey)
    expect(answerProblem(order, end, trusting)).toBeUndefined()
    expect(answerProblem(order, end, await remoteOf(laptop, [stranger.publicKey]))).toContain("'trust' of this run's")
    expect(answerProblem(order, { ...end, worker: 'other' }, trusting)).toContain('was changed')
    expect(answerProblem(order, { ...end, answer: { ...answer, message: '' } }, trusting)).toContain('was changed')
    const { seal: _, ...unsigned } = end
    expect(answerProblem(order, unsigned, trusting)).toContain('not signed')
    expect(answerProblem(order, unsigned, anySeal)).toBeUndefined()
    // What a run says itself has no worker; whoever else leaves him out says nothing by it.
    expect(answerProblem(order, { ...unsigned, worker: '' }, trusting)).toContain('not signed')
    expect(answerProblem(order, { ...unsigned, worker: '', isOwn: true }, trusting)).toBeUndefined()
    // One that was kept, and is put there for another order of the same action.
    const later = { ...sealedOrder(orderOf('a'), runs), given: new Date(Date.now() + 3_600_000).toISOString() }
    expect(answerProblem(later, end, trusting)).toContain('an earlier order')
    expect(answerProblem(sealedOrder(orderOf('b'), runs), end, trusting)).toContain('was changed')
  })
})
