import type { ErrorAnswer, Hello } from '../../api/messages.ts'

/** What the server says that is no answer: in words for the person at the page. */
export class ServerError extends Error {
  readonly status: number
  /** The whole answer, where it was one. */
  readonly answer: unknown

  constructor(status: number, message: string, answer?: unknown) {
    super(message)
    this.status = status
    this.answer = answer
  }
}

const lost = 'The dashboard does not answer. Runs go on without it; this page will catch up.'
const ended = 'This dashboard was ended, or this page belongs to another. Print a new address with: reprise dash --url'

let hello: Promise<Hello> | undefined

/** Returns what the server says of itself, asked once. */
export function greet(): Promise<Hello> {
  hello ??= get<Hello>('api/hello')
  return hello
}

/** The server of the same build checks what it sends; its types are those of `api.ts`. */
export function get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const text = new URLSearchParams(query).toString().replaceAll('+', '%20')
  return ask<T>(text === '' ? path : `${path}?${text}`, {})
}

/** `signal` ends the question, and what the server does to answer it. */
export async function post<T>(path: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<T> {
  const { csrf } = await greet()
  return ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-reprise': csrf },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

async function ask<T>(address: string, options: RequestInit): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(address, options)
  } catch {
    throw new ServerError(0, lost)
  }
  const type = answer.headers.get('content-type') ?? ''
  if (!type.startsWith('application/json'))
    throw new ServerError(answer.status, answer.status === 400 ? 'The dashboard refused this request.' : ended)
  const value: T | ErrorAnswer = await answer.json()
  if (!answer.ok)
    throw new ServerError(answer.status, isError(value) ? value.error : `It answered ${answer.status}.`, value)
  return value as T
}

function isError(value: unknown): value is ErrorAnswer {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string'
}

/** Returns what an exception says to the person at the page. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
