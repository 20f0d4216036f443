import { err, type Result } from '../../contract/result.ts'
import { authorization, isLoopback } from '../place/authorization.ts'
import type { ObjectPlace } from '../place/object-place.ts'
import { createReapiPlace, type ReapiTarget } from './reapi-place.ts'

const tlsPort = '443'

/** Returns the place that `grpc://HOST:PORT/INSTANCE` names, or with TLS `grpcs://`, or what is wrong with it. */
export async function openReapiPlace(url: string, token: string | undefined): Promise<Result<ObjectPlace, string>> {
  const target = reapiTarget(url, token)
  return target.ok ? createReapiPlace(target.value) : target
}

export function reapiTarget(url: string, token: string | undefined): Result<ReapiTarget, string> {
  // An address of a scheme that URL does not know has no parts.
  const known = url.replace(/^grpcs?:/i, 'http:')
  const isTls = /^grpcs:/i.test(url)
  if (!/^grpcs?:\/\/[^/]/i.test(url) || !URL.canParse(known))
    return err('it is not an address; write it as grpcs://cache.example.org/INSTANCE')
  // The port 80, which URL leaves out, is one like any other here.
  const { hostname, port, username, password, pathname } = new URL(known)
  const givenPort = port !== '' ? port : /^[^/]*\/\/[^/]*:0*80(\/|$)/.test(known) ? '80' : isTls ? tlsPort : ''
  if (givenPort === '') return err('it has no port; write it as grpc://cache.example.org:8980/INSTANCE')
  const credentials = authorization({ username, password }, token)
  if (credentials !== undefined && !isTls && !isLoopback(hostname))
    return err('a token or a password would go over the network in clear; use grpcs')
  const instanceName = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')
  const address = `${hostname}:${givenPort}`
  return {
    ok: true,
    value: {
      name: `${isTls ? 'grpcs' : 'grpc'}://${address}${instanceName === '' ? '' : `/${instanceName}`}`,
      address,
      isTls,
      instanceName,
      headers: credentials === undefined ? {} : { authorization: credentials },
    },
  }
}
