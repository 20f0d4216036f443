import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Body } from './body.ts'
import type { Session } from './sessions.ts'

/** What a route gets: everything else of the request was checked before. */
export interface Asked {
  readonly session: Session
  /** The values of the query by the names that the route declares; absent ones are undefined. */
  readonly query: ReadonlyMap<string, string>
  /** The JSON object of a change; empty for what only reads. */
  readonly body: Body
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Aborted when the browser goes away. */
  readonly signal: AbortSignal
}

/** An answer, or `sent` where the route wrote it itself. */
export type Answer =
  | 'sent'
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly type: string; readonly text: string | Uint8Array; readonly isPage?: true }

/** One address below that of a session. What is not declared is refused: methods, names in the query. */
export interface Route {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly query?: readonly string[]
  /** Whether it is the page itself, which a person may ask for by its address. */
  readonly isPage?: true
  handle(asked: Asked): Answer | Promise<Answer>
}

export function json(value: unknown): Answer {
  return { status: 200, json: value }
}

/** An expected failure, in words for the person at the page. */
export function failure(status: number, message: string): Answer {
  return { status, json: { error: message } }
}
