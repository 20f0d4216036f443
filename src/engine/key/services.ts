import type { JsonValue, Result } from '../../../store/index.ts'
import { type AnyStage, type Failure, isJson, type Provision, type Service } from '../../core/index.ts'
import { Abandonment } from '../system/abandonment.ts'
import type { Cancellation } from '../system/cancellation.ts'
import { errorMessage } from '../system/error-message.ts'
import { orAborted } from '../system/timing.ts'
import type { Secrets } from './secrets.ts'

/**
 * The services of one run: each client is made when the first step needs it, and closed at the end. A run that is
 * cancelled waits for none to be made, and for none to be closed beyond the grace.
 */
export class Services {
  readonly #provisions: ReadonlyMap<string, Provision>
  readonly #secrets: Secrets
  readonly #cancellation: Cancellation
  readonly #clients = new Map<string, Promise<unknown>>()

  constructor(provisions: readonly Provision[], secrets: Secrets, cancellation: Cancellation = {}) {
    this.#cancellation = cancellation
    this.#provisions = new Map(provisions.map((provision) => [provision.service.service, provision]))
    this.#secrets = secrets
    for (const { service, client } of provisions) {
      if (service.isSecret && typeof client === 'string') secrets.add(service.service, client)
    }
  }

  /** Returns the clients that a stage declares, by the names that it gives them. */
  async clientsOf({ services = {} }: AnyStage, step: string): Promise<Result<Record<string, unknown>, Failure>> {
    const clients: Record<string, unknown> = {}
    for (const [name, service] of Object.entries(services)) {
      const client = await this.#clientOf(service, step)
      if (!client.ok) return client
      clients[name] = client.value
    }
    return { ok: true, value: clients }
  }

  /** Returns what of a stage's services is part of its key, by service; undefined where none is. */
  async identitiesOf(
    { services = {} }: AnyStage,
    step: string,
  ): Promise<Result<Readonly<Record<string, JsonValue>> | undefined, Failure>> {
    const identities: Record<string, JsonValue> = {}
    for (const service of Object.values(services)) {
      if (service.identify === undefined) continue
      const client = await this.#clientOf(service, step)
      if (!client.ok) return client
      try {
        const identity: unknown = service.identify(client.value)
        if (!isJson(identity)) return unavailable(service, step, 'its identify function did not return a JSON value')
        identities[service.service] = identity
      } catch (error) {
        return unavailable(service, step, errorMessage(error))
      }
    }
    return { ok: true, value: Object.keys(identities).length === 0 ? undefined : identities }
  }

  /** Closes the clients that were made, the last first; returns what went wrong with that. */
  async close(): Promise<readonly string[]> {
    const problems: string[] = []
    const made = [...this.#clients].reverse()
    this.#clients.clear()
    const abandoned = new Abandonment(this.#cancellation)
    const late = abandoned.afterGrace.then(() => 'late' as const)
    try {
      for (const [name, making] of made) {
        const closing = this.#close(name, making)
        const problem = await Promise.race([closing, late])
        if (problem === 'late') problems.push(`the service '${name}' was not closed in time`)
        else if (problem !== undefined) problems.push(`the service '${name}' could not be closed: ${problem.message}`)
      }
    } finally {
      abandoned.release()
    }
    return problems
  }

  /** Returns what went wrong with it. */
  async #close(name: string, making: Promise<unknown>): Promise<{ readonly message: string } | undefined> {
    try {
      await this.#provisions.get(name)?.close?.(await making)
      return undefined
    } catch (error) {
      return { message: errorMessage(error) }
    }
  }

  async #clientOf(service: Service, step: string): Promise<Result<unknown, Failure>> {
    const { service: name } = service
    const provision = this.#provisions.get(name)
    if (provision === undefined) return unavailable(service, step, 'it is not provided')
    const making = this.#clients.get(name) ?? this.#make(provision)
    this.#clients.set(name, making)
    try {
      return { ok: true, value: await orAborted(making, this.#cancellation.signal) }
    } catch (error) {
      // One that is still being made is closed at the end, if that comes about.
      if (this.#cancellation.signal?.aborted !== true) this.#clients.delete(name)
      return unavailable(service, step, errorMessage(error))
    }
  }

  async #make(provision: Provision): Promise<unknown> {
    const client: unknown = await provision.make()
    const { service, isSecret } = provision.service
    if (!isSecret) return client
    if (typeof client !== 'string' || client === '') throw new TypeError('its value is empty or not a string')
    this.#secrets.add(service, client)
    return client
  }
}

function unavailable({ service }: Service, step: string, message: string): Result<never, Failure> {
  return { ok: false, error: { kind: 'service-unavailable', step, service, message } }
}
