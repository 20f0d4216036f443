import type { Device } from '../../core/index.ts'
import type { Offer } from './offer.ts'
import type { Order, OrderAnswer, OrderEnd, OrderReport } from './order.ts'
import type { Sealer } from './sealed-order.ts'

/** What happens to an order, told in its order; lines come from the step, and hold no secret. */
export type OrderEvent =
  | OrderReport
  | { readonly kind: 'queued'; readonly ahead?: number }
  | { readonly kind: 'placed'; readonly worker: string }

/** What an engine has at most that starts workers when there are orders. */
export interface StartedWorkers {
  readonly slots: number
  readonly device: Device
}

/** Carries orders of runs to workers: one implementation for each system that does so. */
export interface Engine {
  /** What people call it: a folder, the address of a server without its password. */
  readonly name: string
  /** What it starts when there are orders; absent where it does not start workers. */
  readonly starts?: StartedWorkers
  /** Returns the workers of a pool that are alive, or why that cannot be found out; takes about a second at most. */
  offers(pool: string): Promise<readonly Offer[] | { readonly unreachable: string }>
  /**
   * Hands an order over, or joins the same one that is in flight, and follows it to its end. When the signal is aborted, the
   * order is cancelled: one that waits is taken back, and what executes it is ended first.
   */
  perform(order: Order, onEvent: (event: OrderEvent) => void, signal: AbortSignal): Promise<OrderEnd>
  /**
   * Ends the orders of a pool that are in flight and wanted no more, also those of a run that is dead: what waits is taken
   * back, and what executes one is ended. Resolves when nobody has them, or when the signal is aborted; the wish stands then.
   */
  cancel(
    pool: string,
    isMeant: (order: Order) => boolean,
    signal: AbortSignal,
  ): Promise<readonly CancelledOrder[] | { readonly unreachable: string }>
  close(): Promise<void>
}

/** What became of an order that was to be cancelled. */
export interface CancelledOrder {
  readonly step: string
  readonly how: /** No worker had begun it. */
    | 'taken-back'
    /** The worker has ended it. */
    | 'ended'
    /** The worker had its result, or its failure, before it heard of the wish. */
    | 'done'
    /** It was there, and is not any more: another run that waited for it has its answer. */
    | 'gone'
    /** The worker that had it is silent: nobody has it now. */
    | 'lost'
    /** The caller stopped waiting. */
    | 'asked'
  /** Absent where none had it. */
  readonly worker?: string
}

/**
 * Performs one order. When the signal is aborted, everything that it has started is ended first. `given-back`: the worker
 * has to end, and another one may have the order. `left`: a batch system has ended it with all that the worker runs; why, it
 * says itself.
 */
export type Perform = (
  order: Order,
  onReport: (report: OrderReport) => void,
  signal: AbortSignal,
) => Promise<OrderAnswer | 'given-back' | 'left'>

export interface StationOptions {
  readonly offer: Offer
  readonly perform: Perform
  /** Signs answers; without it they are not signed. */
  readonly sealer?: Sealer
  /** Stops taking orders, and resolves when those that were taken are answered. */
  readonly drain: AbortSignal
  /** Called with what people should know: an order taken, an order done, a server that cannot be reached. */
  readonly onLine: (line: string) => void
  /** Ends after this many orders. */
  readonly orders?: number
}

/** The worker's side of an engine: takes orders of its pool, as many at once as it has slots. */
export interface Station {
  readonly name: string
  serve(options: StationOptions): Promise<void>
}
