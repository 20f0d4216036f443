import type { RemoteOptions } from '../../contract/remote-options.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { dropBody } from '../http/http-answers.ts'
import { createHttpClient, type HttpAnswer, type HttpRequest } from '../http/http-client.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { credentialSource } from './credentials.ts'
import { sharedProfile } from './shared-files.ts'
import { encodeS3, queryS3, signS3 } from './signature.ts'

export interface S3Request extends Omit<HttpRequest, 'path'> {
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
}

/** Makes signed requests to one bucket. */
export interface S3Client {
  readonly name: string
  /** The path of the bucket in requests, empty where the host names it. */
  readonly bucketPath: string
  /** The part of keys before the layout, without slashes at its ends, encoded. */
  readonly keyPrefix: string
  readonly bucket: string
  send(request: S3Request): Promise<Result<HttpAnswer, PlaceFailure>>
}

/** A clock that is off by more is not taken for a slow answer. */
const skewMs = 60_000

/** Returns a client of the bucket that `s3://BUCKET/PREFIX` names, or what is wrong with that. */
export function createS3Client(
  options: RemoteOptions,
  env: Readonly<Record<string, string | undefined>>,
): Result<S3Client, string> {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/i.exec(options.url) ?? []
  if (bucket === undefined) return err('it does not name a bucket; write it as s3://bucket/prefix')
  const profile = options.profile
  const shared = sharedProfile(profile ?? (env.AWS_PROFILE || 'default'), env)
  const region = options.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || shared.region || 'us-east-1')
  const endpoint = options.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || shared.endpoint_url)
  if (endpoint !== undefined && !/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ''))
    return err('its endpoint is not an address; write it as https://s3.example.org')
  const client = createHttpClient(new URL(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`))
  const { host } = new URL(client.origin)
  const credentials = credentialSource(profile, env)
  let offsetMs = 0

  async function signed(request: S3Request): Promise<Result<HttpAnswer, PlaceFailure>> {
    const known = await credentials()
    if (!known.ok) return err({ kind: 'refused', reason: known.error })
    const { path, query = {}, method, headers, ...rest } = request
    const counted: Record<string, string> = {}
    const plain: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) (name.startsWith('x-amz-') ? counted : plain)[name] = value
    const queryText = queryS3(query)
    const signature = signS3({ method, host, path, query: queryText, headers: counted }, known.value, {
      region,
      nowMs: Date.now() + offsetMs,
    })
    return client.send({
      ...rest,
      method,
      path: queryText === '' ? path : `${path}?${queryText}`,
      headers: { ...plain, ...signature },
    })
  }

  return ok({
    name: `s3://${bucket}/${prefix}`.replace(/\/+$/, ''),
    bucketPath: endpoint === undefined ? '' : `${client.prefix}/${bucket}`,
    keyPrefix: prefix
      .split('/')
      .filter((part) => part !== '')
      .map(encodeS3)
      .join('/'),
    bucket,
    async send(request) {
      const sent = await signed(request)
      if (!sent.ok || sent.value.status !== 403) return sent
      // The server's clock counts, and this machine's may be wrong.
      const theirsMs = Date.parse(sent.value.headers.date ?? '')
      const offMs = theirsMs - Date.now()
      if (Number.isNaN(theirsMs) || Math.abs(offMs - offsetMs) < skewMs) return sent
      dropBody(sent.value)
      offsetMs = offMs
      return signed(request)
    },
  })
}
