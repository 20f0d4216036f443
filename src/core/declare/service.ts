import type { JsonValue } from '../../../store/index.ts'

/**
 * Something that stages share and a run is given from outside: a client, a configuration, a secret, a logger.
 * It is no part of any key, unless `keyed` says what of it is.
 */
export interface Service<Client = unknown> {
  readonly service: string
  /** Whether its client is a text that must reach no event, log or manifest. */
  readonly isSecret: boolean
  /** Returns what of the client determines what stages make with it. */
  identify?(client: Client): JsonValue
  /**
   * Returns the service as a stage declares it whose outputs depend on it: `llm.keyed((client) => client.model)`.
   * What `identify` returns is part of the keys of its steps, under the service's name.
   */
  keyed(identify: (client: Client) => JsonValue): Service<Client>
}

export type ServiceDeclarations = Readonly<Record<string, Service>>

/** What `run` receives for each declared service. */
export type ServiceClients<Services extends ServiceDeclarations> = {
  readonly [Name in keyof Services]: Services[Name] extends Service<infer Client> ? Client : never
}

/** Defines a service by a name that is its own in every pipeline that uses it. */
export function defineService<Client>(name: string): Service<Client> {
  return serviceOf(name, false)
}

/** Defines a secret, such as the key of an API: wherever the runner writes text that holds it, it is hidden. */
export function defineSecret(name: string): Service<string> {
  return serviceOf(name, true)
}

function serviceOf<Client>(service: string, isSecret: boolean): Service<Client> {
  return { service, isSecret, keyed: (identify) => ({ ...serviceOf<Client>(service, isSecret), identify }) }
}

/** What a run is given for a service. */
export interface Provision {
  readonly service: Service
  /** The client, where it is there already. */
  readonly client?: unknown
  /** Makes the client; called once a run, when the first step needs it. */
  make(): unknown
  /** Called with the client at the run's end, where it was made. */
  close?(client: unknown): unknown
}

/** Provides a service with a client that is there. */
export function provide<Client>(service: Service<Client>, client: Client): Provision {
  return { service, client, make: () => client }
}

/** Provides a service with a client that is made when the first step needs it, once a run, and closed at the run's end. */
export function provideLazily<Client>(
  service: Service<Client>,
  make: () => Client | Promise<Client>,
  close?: (client: Client) => void | Promise<void>,
): Provision {
  // `close` is only ever called with what `make` returned.
  return { service, make, ...(close === undefined ? {} : { close: (client) => close(client as Client) }) }
}
