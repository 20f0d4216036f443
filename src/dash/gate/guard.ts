import type { IncomingMessage } from 'node:http'

/** Why a request is refused: its status, and a word for whoever looks into it. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 411 | 413 | 415 | 421 | 431
  readonly because: string
}

/** What a request is for. A page may be asked for by its address; the rest only by that page. */
export type Purpose = 'page' | 'part' | 'change'

/** Returns the names under which the server is reached: names of this machine only, so no other site can take one. */
export function hostsOf(port: number, name?: string): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, ...(name === undefined ? [] : [`${name}:${port}`])]
}

/**
 * Refuses a request that was sent to another name than ours: after DNS rebinding, the page of another site would have
 * our address. Compared byte for byte, because parsers disagree.
 */
export function hostRefusal({ rawHeaders, url = '' }: IncomingMessage, hosts: readonly string[]): Refusal | undefined {
  const named = valuesOf(rawHeaders, 'host')
  if (named.length !== 1 || !hosts.includes(named[0] ?? '')) return { status: 421, because: 'host' }
  if (!/^\/[\x21-\x7e]*$/.test(url)) return { status: 400, because: 'target' }
  return undefined
}

/**
 * Refuses what another page asks for. Ports are one site for cookies, so a cookie proves nothing: `Sec-Fetch-Site` says
 * who asks, and where a browser does not say it, `Origin` or the token does.
 */
export function originRefusal(request: IncomingMessage, purpose: Purpose, isToken: boolean): Refusal | undefined {
  const { headers, rawHeaders } = request
  const ownOrigin = `http://${headers.host ?? ''}`
  const origins = valuesOf(rawHeaders, 'origin')
  if (origins.length > 1 || (origins.length === 1 && origins[0] !== ownOrigin))
    return { status: 403, because: 'origin' }
  const sites = valuesOf(rawHeaders, 'sec-fetch-site')
  if (sites.length > 1) return { status: 403, because: 'site' }
  const [site] = sites
  if (site === undefined)
    return origins.length === 1 || isToken ? undefined : { status: 403, because: 'unknown origin' }
  if (site === 'same-origin') return undefined
  const isTyped = purpose === 'page' && site === 'none' && (headers['sec-fetch-dest'] ?? 'document') === 'document'
  return isTyped ? undefined : { status: 403, because: 'site' }
}

/** Refuses a change that does not come from our page: what a form can send, and what lacks the session's word. */
export function changeRefusal({ headers, rawHeaders }: IncomingMessage): Refusal | undefined {
  if (valuesOf(rawHeaders, 'content-type').length !== 1 || headers['content-type'] !== 'application/json')
    return { status: 415, because: 'content type' }
  if (headers['content-length'] === undefined) return { status: 411, because: 'length' }
  return undefined
}

/** Returns all values of a header, in order; Node joins or drops repeated ones. */
export function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.flatMap((text, index) =>
    index % 2 === 0 && text.toLowerCase() === name ? [rawHeaders[index + 1] ?? ''] : [],
  )
}
