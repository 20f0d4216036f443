import { err, ok, type Result } from '../../contract/result.ts'
import { authorization, isLoopback } from '../place/authorization.ts'
import type { ObjectPlace } from '../place/object-place.ts'
import { createHttpClient } from './http-client.ts'
import { httpObjects } from './http-objects.ts'

/**
 * Returns the place on a web server that takes GET, HEAD and PUT, such as nginx with DAV. A token goes along as `Bearer`;
 * a name and a password of the address as `Basic`.
 */
export function createHttpPlace(url: URL, token: string | undefined): Result<ObjectPlace, string> {
  const { username, password } = url
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.search = ''
  bare.hash = ''
  const credentials = authorization({ username, password }, token)
  if (credentials !== undefined && bare.protocol === 'http:' && !isLoopback(bare.hostname)) {
    return err('a token or a password would go over the network in clear; use https')
  }
  const client = createHttpClient(bare)
  const name = `${client.origin}${client.prefix}`
  const send: typeof client.send = (request) =>
    client.send({
      ...request,
      headers: { ...request.headers, ...(credentials === undefined ? {} : { authorization: credentials }) },
    })
  return ok({
    name,
    atOnce: 32,
    ...httpObjects(client, send),
    // Not even WebDAV says how.
    touch: async () => err({ kind: 'refused', reason: 'a web server cannot be told to keep an object longer' }),
  })
}
