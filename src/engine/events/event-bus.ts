import type { Event, EventOf, EventType, Listener } from '../../core/index.ts'

/** How a listener misbehaved. */
export type ListenerTrouble =
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It blocked the run, or its promise is still pending. */
  | { readonly kind: 'slow'; readonly elapsedMs: number }

/** Called once for each listener that throws, rejects or is slow. */
export type ListenerTroubleHandler = (trouble: ListenerTrouble, type: EventType) => void

export interface EventBusOptions {
  readonly onTrouble?: ListenerTroubleHandler
  /** A listener that takes longer for one event is reported; 5000 by default. */
  readonly slowMs?: number
}

const defaultSlowMs = 5000

/**
 * Hands events to listeners, for one type or for all.
 * A listener that throws, rejects or never settles is reported once and does no harm: the run never waits for it.
 */
export class EventBus {
  readonly #options: EventBusOptions
  #subscriptions: readonly Subscription[] = []
  #enabled = true

  constructor(options: EventBusOptions = {}) {
    this.#options = options
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Type extends EventType>(type: Type, listener: Listener<EventOf<Type>>): () => void
  on(type: '*', listener: Listener): () => void
  on(type: EventType | '*', listener: Listener<never>): () => void {
    return this.#add(type, listener, false)
  }

  /** Adds a listener for the next event only. Returns a function that removes it. */
  once<Type extends EventType>(type: Type, listener: Listener<EventOf<Type>>): () => void
  once(type: '*', listener: Listener): () => void
  once(type: EventType | '*', listener: Listener<never>): () => void {
    return this.#add(type, listener, true)
  }

  /** Removes a listener, for every type. */
  off(listener: Listener<never>): void {
    this.#keep((subscription) => subscription.listener !== listener)
  }

  /** Delivers events again. */
  enable(): void {
    this.#enabled = true
  }

  /** Drops events until `enable` is called. */
  disable(): void {
    this.#enabled = false
  }

  /** Removes every listener. */
  clear(): void {
    this.#keep(() => false)
  }

  /** Delivers an event to its listeners. `onTrouble` is called for this event, beside the bus's own handler. */
  emit(event: Event, onTrouble?: ListenerTroubleHandler): void {
    if (!this.#enabled) return
    const report: ListenerTroubleHandler = (trouble, type) => {
      onTrouble?.(trouble, type)
      try {
        this.#options.onTrouble?.(trouble, type)
      } catch {
        // It does no harm either, and what it was told of is told already.
      }
    }
    const slowMs = this.#options.slowMs ?? defaultSlowMs
    for (const subscription of this.#subscriptions) {
      if (subscription.type !== '*' && subscription.type !== event.event) continue
      if (subscription.once) this.#keep((other) => other !== subscription)
      subscription.deliver(event, slowMs, report)
    }
  }

  #add(type: EventType | '*', listener: Listener<never>, once: boolean): () => void {
    // A listener for one type only gets events of that type: see `emit`.
    const subscription = new Subscription(type, listener as Listener, once)
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => this.#keep((other) => other !== subscription)
  }

  #keep(isKept: (subscription: Subscription) => boolean): void {
    for (const subscription of this.#subscriptions) if (!isKept(subscription)) subscription.end()
    this.#subscriptions = this.#subscriptions.filter(isKept)
  }
}

/** One listener, for one type of events or for all. */
class Subscription {
  readonly type: EventType | '*'
  readonly listener: Listener
  readonly once: boolean
  #reported = false
  /** When each pending call began, the oldest first. */
  readonly #pending = new Set<{ readonly sinceMs: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(type: EventType | '*', listener: Listener, once: boolean) {
    this.type = type
    this.listener = listener
    this.once = once
  }

  deliver(event: Event, slowMs: number, onTrouble: ListenerTroubleHandler | undefined): void {
    const report = (trouble: ListenerTrouble) => {
      if (this.#reported) return
      this.#reported = true
      this.end()
      onTrouble?.(trouble, event.event)
    }
    const sinceMs = performance.now()
    try {
      const answer = this.listener(event)
      if (answer instanceof Promise) this.#follow(answer, sinceMs, slowMs, report)
      else if (!this.#reported) {
        const elapsedMs = performance.now() - sinceMs
        if (elapsedMs >= slowMs) report({ kind: 'slow', elapsedMs })
      }
    } catch (error) {
      report({ kind: 'failed', error })
    }
  }

  /** Forgets the pending calls, so that none is reported later. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending.clear()
  }

  #follow(answer: Promise<void>, sinceMs: number, slowMs: number, report: (trouble: ListenerTrouble) => void): void {
    const call = { sinceMs }
    const settled = () => this.#pending.delete(call)
    answer.then(settled, (error: unknown) => {
      settled()
      report({ kind: 'failed', error })
    })
    if (this.#reported) return
    this.#pending.add(call)
    this.#timer ??= this.#look(slowMs, slowMs, report)
  }

  /** Checks after a while whether a call is still pending; one timer serves all calls. */
  #look(afterMs: number, slowMs: number, report: (trouble: ListenerTrouble) => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timer = undefined
      const [oldest] = this.#pending
      if (oldest === undefined) return
      const elapsedMs = performance.now() - oldest.sinceMs
      if (elapsedMs >= slowMs) report({ kind: 'slow', elapsedMs })
      else this.#timer = this.#look(slowMs - elapsedMs, slowMs, report)
    }, afterMs)
    return timer.unref()
  }
}
