import type { Refusal } from './guard.ts'

/** An address in its parts. Paths are compared as they are: nothing in one is decoded, joined or resolved. */
export interface RequestTarget {
  readonly path: string
  readonly query: ReadonlyMap<string, string>
}

/** Splits a request's target; a query has each name once, and is valid UTF-8 when decoded. */
export function targetOf(url: string): RequestTarget | Refusal {
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = new Map<string, string>()
  const pairs = mark === -1 || mark === url.length - 1 ? [] : url.slice(mark + 1).split('&')
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = equals === -1 ? pair : pair.slice(0, equals)
    const value = equals === -1 ? undefined : decoded(pair.slice(equals + 1))
    if (value === undefined || query.has(name)) return { status: 400, because: 'query' }
    query.set(name, value)
  }
  return { path, query }
}

function decoded(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text)
    return value.includes('\0') ? undefined : value
  } catch {
    return undefined
  }
}
