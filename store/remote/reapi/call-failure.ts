import type { PlaceFailure } from '../place/object-place.ts'

/** Why a call gave nothing; `absent` where what was asked for is not there. */
export type CallFailure = PlaceFailure | { readonly kind: 'absent'; readonly reason: string }

/** Codes of gRPC, by the numbers of their standard. */
export const codes = {
  cancelled: 1,
  invalidArgument: 3,
  deadline: 4,
  notFound: 5,
  permission: 7,
  exhausted: 8,
  unimplemented: 12,
  unauthenticated: 16,
} as const

const reasonMax = 200

/** What the code of a call that failed means. What the server says goes along, shortened: it may be anything. */
export function callFailure(code: number, details: string): CallFailure {
  const said = details.slice(0, reasonMax)
  switch (code) {
    case codes.notFound:
      return { kind: 'absent', reason: said }
    case codes.permission:
      return { kind: 'refused', reason: `permission denied (${said})` }
    case codes.unauthenticated:
      return { kind: 'refused', reason: `it wants to know who asks; set REPRISE_REMOTE_TOKEN (${said})` }
    case codes.deadline:
      return { kind: 'unavailable', reason: 'it does not answer' }
    case codes.invalidArgument:
      return { kind: 'unavailable', reason: `it refuses the request (${said})` }
    case codes.unimplemented:
      return { kind: 'unavailable', reason: `it does not offer this (${said})` }
    case codes.exhausted:
      // The protocol has one code for no room, for too many requests at once, and for a message that is too large.
      if (/message larger/i.test(said)) return { kind: 'unavailable', reason: 'it sends more than was asked for' }
      return /disk|space|quota|storage|full|capacity/i.test(said)
        ? { kind: 'full', reason: said }
        : { kind: 'broken', reason: said === '' ? 'it has too much to do' : said }
    default:
      return { kind: 'broken', reason: said === '' ? `it answers ${code}` : said }
  }
}

/** The failure of a place; what is absent where that cannot be is no such cache. */
export function placeFailure(failure: CallFailure): PlaceFailure {
  return failure.kind === 'absent'
    ? { kind: 'unavailable', reason: `it does not find it (${failure.reason})` }
    : failure
}

/** What an error of a stream means, which gRPC gives a code and details. */
export function failureOfError(error: unknown): CallFailure {
  if (!(error instanceof Error)) return { kind: 'broken', reason: 'the stream broke' }
  const code = 'code' in error && typeof error.code === 'number' ? error.code : codes.cancelled
  return callFailure(code, 'details' in error && typeof error.details === 'string' ? error.details : '')
}
