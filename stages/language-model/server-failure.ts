import type { ModelFailure } from './language-model.ts'

interface Failed {
  readonly ok: false
  readonly error: ModelFailure
}

const mostErrorChars = 300

/** Returns why a server refused, in its own words; `what` is what it serves. */
export function refusal(what: string, { status, headers }: Response, text: string): Failed {
  const said = text.replace(/\s+/g, ' ').slice(0, mostErrorChars)
  const message = `${what} answered ${status}${said === '' ? '' : `: ${said}`}`
  if (status !== 429 && status !== 408 && status < 500) return { ok: false, error: { kind: 'refused', message } }
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return busy(message, Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {})
}

/** Returns that a server may be asked again. */
export function busy(message: string, more: { readonly retryAfterMs?: number } = {}): Failed {
  return { ok: false, error: { kind: 'busy', message, ...more } }
}

/** What the codes of a failed connection mean. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  UND_ERR_SOCKET: 'the connection was cut',
}

/** Says why a connection failed; never its address, which may hold a password. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
  const known = code === undefined ? undefined : reasons[code]
  if (known !== undefined) return `${known} (${code})`
  return code ?? (cause instanceof Error ? cause.name : 'unknown')
}
