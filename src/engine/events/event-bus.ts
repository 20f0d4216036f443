import type { Event, EventOf, EventType, Listener } from '../../core/index.ts'

/** How a listener misbehaved. */
export type ListenerTrouble =
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It kept the run waiting, or its promise is not settled yet. */
  | { readonly kind: 'slow'; readonly elapsedMs: number }

/** Hears of a listener that failed or is slow; it is called once a listener. */
export type ListenerTroubleHandler = (trouble: ListenerTrouble, type: EventType) => void

export interface EventBusOptions {
  readonly onTrouble?: ListenerTroubleHandler
  /** A listener that takes longer for one event is reported; 5000 by default. */
  readonly slowMs?: number
}

const defaultSlowMs = 5000

/**
 * Hands events to listeners, for one type or for all.
 * A listener that throws, rejects or never comes to an end is reported once, and harms nobody: nobody waits for it.
 */
export class EventBus {
  readonly #options: EventBusOptions
  #subscriptions: readonly Subscription[] = []
  #enabled = true

  constructor(options: EventBusOptions = {}) {
    this.#options = options
  }

  /** Adds a listener, and returns a function that takes it off again. */
  on<Type extends EventType>(type: Type, listener: Listener<EventOf<Type>>): () => void
  on(type: '*', listener: Listener): () => void
  on(type: EventType | '*', listener: Listener<never>): () => void {
    return this.#add(type, listener, false)
  }

  /** Adds a listener for the next event alone, and returns a function that takes it off again. */
  once<Type extends EventType>(type: Type, listener: Listener<EventOf<Type>>): () => void
  once(type: '*', listener: Listener): () => void
  once(type: EventType | '*', listener: Listener<never>): () => void {
    return this.#add(type, listener, true)
  }

  /** Takes a listener off, wherever it was added. */
  off(listener: Listener<never>): void {
    this.#keep((subscription) => subscription.listener !== listener)
  }

  /** Hands out events again. */
  enable(): void {
    this.#enabled = true
  }

  /** Drops events until `enable` is called. */
  disable(): void {
    this.#enabled = false
  }

  /** Takes every listener off. */
  clear(): void {
    this.#keep(() => false)
  }

  /** Hands an event to those who listen for it; `onTrouble` hears of their trouble in place of the bus's own handler. */
  emit(event: Event, onTrouble = this.#options.onTrouble): void {
    if (!this.#enabled) return
    const slowMs = this.#options.slowMs ?? defaultSlowMs
    for (const subscription of this.#subscriptions) {
      if (subscription.type !== '*' && subscription.type !== event.event) continue
      if (subscription.once) this.#keep((other) => other !== subscription)
      subscription.deliver(event, slowMs, onTrouble)
    }
  }

  #add(type: EventType | '*', listener: Listener<never>, once: boolean): () => void {
    // A listener for one type is only ever given events of that type: see `emit`.
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
  /** When each call that has not come to its end began, the oldest first. */
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

  /** Forgets the calls that are under way, once nobody is to hear of them. */
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

  /** Looks after a while whether a call is still under way; one timer serves all calls. */
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
