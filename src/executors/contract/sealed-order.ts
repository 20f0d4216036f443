import { canonicalJson, type Result, type Seal, type SealedText, type SealProblem } from '../../../store/index.ts'
import { isJsonObject } from '../../core/index.ts'
import type { Order, UntrustedAnswer } from './order.ts'

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

/** Returns an order that is signed where there is a key. */
export function sealedOrder(order: Order, sealer: Sealer | undefined): Order {
  const seal = sealer?.seal(textOf(order))
  return seal === undefined ? order : { ...order, seal }
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
