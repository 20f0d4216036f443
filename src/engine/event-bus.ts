import type { Event, EventOf, EventType, Listener } from '../core/index.ts'

/** Hears of a listener that failed; it is called once a listener. */
export type ListenerErrorHandler = (error: unknown, type: EventType) => void

interface Subscription {
  readonly type: EventType | '*'
  readonly listener: Listener
  failed: boolean
}

/**
 * Hands events to listeners, for one type or for all.
 * A listener that throws, rejects or is slow never harms or delays the one who emits: nobody waits for it.
 */
export class EventBus {
  readonly #onListenerError: ListenerErrorHandler
  #subscriptions: Subscription[] = []
  #enabled = true

  constructor(onListenerError: ListenerErrorHandler = () => {}) {
    this.#onListenerError = onListenerError
  }

  /** Adds a listener, and returns a function that takes it off again. */
  on<Type extends EventType>(type: Type, listener: Listener<EventOf<Type>>): () => void
  on(type: '*', listener: Listener): () => void
  on(type: EventType | '*', listener: Listener<never>): () => void {
    // A listener for one type is only ever given events of that type: see `emit`.
    const subscription: Subscription = { type, listener: listener as Listener, failed: false }
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  /** Takes a listener off, wherever it was added. */
  off(listener: Listener<never>): void {
    this.#subscriptions = this.#subscriptions.filter((subscription) => subscription.listener !== listener)
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
    this.#subscriptions = []
  }

  /** Hands an event to those who listen for it. */
  emit(event: Event): void {
    if (!this.#enabled) return
    for (const subscription of this.#subscriptions) {
      if (subscription.type !== '*' && subscription.type !== event.event) continue
      try {
        const pending = subscription.listener(event)
        if (pending instanceof Promise)
          pending.catch((error: unknown) => this.#report(subscription, error, event.event))
      } catch (error) {
        this.#report(subscription, error, event.event)
      }
    }
  }

  #report(subscription: Subscription, error: unknown, type: EventType): void {
    if (subscription.failed) return
    subscription.failed = true
    this.#onListenerError(error, type)
  }
}
