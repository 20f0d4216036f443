import type { Engine } from '../contract/engine.ts'
import type { Offer } from '../contract/offer.ts'

const freshMs = 3000

/** The offers of pools, asked for once in a while: a run may give hundreds of orders at once. */
export class RecentOffers {
  readonly #pools = new Map<string, { readonly at: number; readonly offers: Promise<readonly Offer[]> }>()

  of(pool: string, engine: Engine): Promise<readonly Offer[]> {
    const known = this.#pools.get(pool)
    if (known !== undefined && performance.now() - known.at < freshMs) return known.offers
    const offers = engine.offers(pool).then((found) => ('unreachable' in found ? [] : found))
    this.#pools.set(pool, { at: performance.now(), offers })
    return offers
  }
}
