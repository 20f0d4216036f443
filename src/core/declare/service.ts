import type { JsonValue } from '../../../store/index.ts'

/**
 * Something that stages share and a run receives from outside: a client, a configuration, a secret, a logger.
 * It is not part of any key, except what `keyed` adds.
 */
export interface Service<Client = unknown> {
  readonly service: string
  /** Whether its client is a text that must not reach an event, log or manifest. */
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

/** Defines a service by its name, which must be unique in every pipeline that uses it. */
export function defineService<Client>(name: string): Service<Client> {
  return serviceOf(name, false)
}

/** Defines a secret, such as an API key: the runner hides it in everything that it writes. */
export function defineSecret(name: string): Service<string> {
  return serviceOf(name, true)
}

function serviceOf<Client>(service: string, isSecret: boolean): Service<Client> {
  return { service, isSecret, keyed: (identify) => ({ ...serviceOf<Client>(service, isSecret), identify }) }
}

/** The client of a service, or how to make it. */
export interface Provision {
  readonly service: Service
  /** The client, if it exists already. */
  readonly client?: unknown
  /** Makes the client; called once a run, when the first step needs it. */
  make(): unknown
  /** Called with the client at the end of the run, if it was made. */
  close?(client: unknown): unknown
}

/** Provides a service with an existing client. */
export function provide<Client>(service: Service<Client>, client: Client): Provision {
  return { service, client, make: () => client }
}

/**
 * Provides a service with a client that is made once a run, when the first step needs it, and closed at the end of the
 * run.
 */
export function provideLazily<Client>(
  service: Service<Client>,
  make: () => Client | Promise<Client>,
  close?: (client: Client) => void | Promise<void>,
): Provision {
  // `close` is only ever called with what `make` returned.
  return { service, make, ...(close === undefined ? {} : { close: (client) => close(client as Client) }) }
}
