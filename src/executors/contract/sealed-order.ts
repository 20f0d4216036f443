import { canonicalJson, type Result, type Seal, type SealedText, type SealProblem } from '../../../store/index.ts'
import { isJsonObject } from '../../core/index.ts'
import { randomName } from '../../engine/system/random-name.ts'
import type { Order, OrderAnswer, OrderEnd, UntrustedAnswer } from './order.ts'

/** Signs texts as whoever uses a cache; undefined where that has no key. `RemoteCache` does. */
export interface Sealer {
  seal(sealed: SealedText): Seal | undefined
}

/** Says whose texts count. `RemoteCache` does. */
export interface SealReader {
  sealProblem(sealed: SealedText, seal: Seal | undefined): SealProblem | undefined
}

/** Takes every order, as a cache without keys takes every result. */
export const anySeal: SealReader = { sealProblem: () => undefined }

/** Returns an order as it is given now, signed where there is a key. */
export function sealedOrder(order: Order, sealer: Sealer | undefined): Order {
  const given: Order = { ...order, nonce: randomName(32), given: new Date().toISOString() }
  const seal = sealer?.seal(textOf(given))
  return seal === undefined ? given : { ...given, seal }
}

/** An order that waited for longer is taken by no worker: somebody may have kept it. */
const oldestMs = 14 * 86_400_000
/** Clocks may differ by so much. */
const skewMs = 600_000

/** Knows the orders that a worker has answered: the same one once more is a copy. */
export class AnsweredOrders {
  readonly #nonces = new Set<string>()

  add({ nonce }: Order): void {
    this.#nonces.add(nonce)
  }

  /** Returns the answer to an order that is a copy, or too old to be none. */
  refusal({ nonce, given, seal }: Order): UntrustedAnswer | undefined {
    const ageMs = Date.now() - Date.parse(given)
    const isOf = (message: string): UntrustedAnswer => ({
      kind: 'untrusted',
      ...(seal === undefined ? {} : { signer: seal.signer }),
      message,
    })
    if (this.#nonces.has(nonce)) return isOf('the order was answered before, so this is a copy of it')
    if (!(ageMs < oldestMs)) return isOf('the order was given more than 14 days ago; give it again')
    return ageMs < -skewMs ? isOf('the order is from the future: set the clocks of both machines') : undefined
  }
}

/** Returns the seal of an answer, where there is a key. */
export function answerSeal(order: Order, worker: string, answer: OrderAnswer, sealer: Sealer | undefined) {
  const more = { nonce: order.nonce, at: new Date().toISOString() }
  const seal = sealer?.seal(answerText(order.id, worker, answer, more))
  return seal === undefined ? {} : { seal: { ...seal, ...more } }
}

/** Returns why an answer does not count for who gave an order, or joined it; undefined where it does. */
export function answerProblem(
  order: Order,
  { worker, answer, seal, isOwn }: Extract<OrderEnd, { readonly kind: 'answered' }>,
  reader: SealReader,
): string | undefined {
  if (isOwn === true) return undefined
  const { nonce = '', at = '', ...plain } = seal ?? {}
  const isSeal = 'signer' in plain
  const text = answerText(order.id, worker, answer, { nonce, at })
  const problem = readable(() => reader.sealProblem(text, isSeal ? plain : undefined))
  if (!problem.ok) return `its answer cannot be checked: ${problem.error}`
  switch (problem.value) {
    case undefined: {
      // Another run may have given the order; an answer from before this one did is of an earlier order.
      const isToThisOne = nonce === order.nonce || !isSeal || Date.parse(at) >= Date.parse(order.given) - skewMs
      return isToThisOne ? undefined : 'its answer is to an earlier order'
    }
    case 'unsigned':
      return `its answer is not signed; make a key for the worker with 'reprise remote keygen', and list it in 'trust'`
    case 'untrusted':
      return `its answer is signed by ${isSeal ? plain.signer : ''}, whom 'trust' of this run's remote does not list`
    case 'changed':
      return 'its answer was changed after it was signed; find out who may write to the orders'
    default:
      return problem.value satisfies never
  }
}

function answerText(id: string, worker: string, answer: OrderAnswer, more: { nonce: string; at: string }): SealedText {
  const value: unknown = JSON.parse(JSON.stringify({ id, worker, answer, ...more }))
  if (!isJsonObject(value)) throw new TypeError('an answer is a JSON object')
  return { kind: 'answer', text: canonicalJson(value) }
}

/**
 * Returns the answer of a worker that does not take an order, or undefined for one that it takes: an order of its own pool,
 * which somebody signed whom it trusts, and which nobody has changed since.
 */
export function untrusted(order: Order, pool: string, reader: SealReader): UntrustedAnswer | undefined {
  const { seal, from } = order
  const answer = (message: string): UntrustedAnswer => ({
    kind: 'untrusted',
    ...(seal === undefined ? {} : { signer: seal.signer }),
    message,
  })
  if (order.pool !== pool) return answer(`the order is for the pool '${order.pool}', and this worker is of '${pool}'`)
  const problem = readable(() => reader.sealProblem(textOf(order), seal))
  if (!problem.ok) return answer(`the order cannot be checked: ${problem.error}`)
  switch (problem.value) {
    case undefined:
      return undefined
    case 'unsigned':
      return answer(
        `the order is not signed; make a key on ${from} with 'reprise remote keygen', and add it to 'trust' of the worker's remote`,
      )
    case 'untrusted':
      return answer(
        `the order is signed by ${seal?.signer}, whom this worker does not trust; if that is the key of ${from}, add it to ` +
          `'trust' of the worker's remote (REPRISE_REMOTE_TRUST), and start the worker again`,
      )
    case 'changed':
      return answer(
        `the order was changed after it was signed with ${seal?.signer}; find out who may write to the orders`,
      )
    default:
      return problem.value satisfies never
  }
}

/** What is signed: all of an order but the seal, its pool included, in the one text that its value has. */
function textOf({ seal: _, ...rest }: Order): SealedText {
  // Properties that are undefined do not travel.
  const value: unknown = JSON.parse(JSON.stringify(rest))
  if (!isJsonObject(value)) throw new TypeError('an order is a JSON object')
  return { kind: 'order', text: canonicalJson(value) }
}

/** What came from others may have no canonical form, such as half a surrogate pair. */
function readable<Value>(work: () => Value): Result<Value, string> {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    return { ok: false, error: error.message }
  }
}
