import { err, ok, type Result } from '../../contract/result.ts'
import type { PlaceFailure, TakePiece } from '../place/object-place.ts'
import { failureOf, type HttpAnswer } from './http-client.ts'

/** What the status of an answer means; `fine` is that of an answer to be read. */
export function judgeStatus({ status, headers }: HttpAnswer): 'fine' | 'absent' | PlaceFailure {
  if (status >= 200 && status < 300) return 'fine'
  if (status === 404 || status === 410) return 'absent'
  if (status === 401 || status === 403) return { kind: 'refused', reason: `permission denied (${status})` }
  if (status === 413) return { kind: 'refused', reason: 'it takes no objects of that size (413)' }
  if (status === 507) return { kind: 'full', reason: 'its disk is full' }
  if (status >= 300 && status < 400) {
    return {
      kind: 'unavailable',
      reason: `it sends its visitors to ${hostOf(headers.location)} (${status}); name that address if you trust it`,
    }
  }
  if (status === 408 || status === 429 || status >= 500) return { kind: 'broken', reason: `it answers ${status}` }
  return { kind: 'unavailable', reason: `it answers ${status}` }
}

/** Only the host: an address may hold credentials. */
function hostOf(location: string | undefined): string {
  try {
    return location === undefined ? 'elsewhere' : new URL(location).host
  } catch {
    return 'another path'
  }
}

/** Drops what is left of an answer, so that its connection serves the next request. Long ones cost more than a connection. */
export function dropBody({ body, headers }: HttpAnswer): void {
  if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) < 64 * 1024) body.resume()
  else body.destroy()
  body.on('error', () => {})
}

/** From this time on, a transfer has to be faster than this. */
const slowAfterMs = 10_000
const slowestBytesInMs = 1

export interface PassOptions {
  /** How many bytes to leave out at the beginning, of a server that sends all where a part was asked for. */
  readonly skip: number
  /** How many bytes are wanted after that. */
  readonly length: number
  readonly signal?: AbortSignal | undefined
}

/** Passes the bytes of an answer on. A success means that the server said that these were all. */
export async function passBody(
  { body, headers }: HttpAnswer,
  take: TakePiece,
  { skip, length, signal }: PassOptions,
): Promise<Result<void, PlaceFailure>> {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    body.destroy()
    return err({ kind: 'unavailable', reason: `it sends another encoding (${headers['content-encoding']})` })
  }
  const began = performance.now()
  let [leftOut, passed, bytes] = [skip, 0, 0]
  let taking = false
  try {
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) continue
      signal?.throwIfAborted()
      bytes += chunk.byteLength
      const elapsedMs = performance.now() - began
      if (elapsedMs > slowAfterMs && bytes < elapsedMs * slowestBytesInMs) {
        return err({ kind: 'unavailable', reason: 'it is slower than 1 kB in a second' })
      }
      const skipped = Math.min(leftOut, chunk.byteLength)
      leftOut -= skipped
      const piece = chunk.subarray(skipped, skipped + Math.max(0, length - passed))
      if (piece.byteLength > 0) {
        taking = true
        await take(piece)
        taking = false
        passed += piece.byteLength
      }
      if (passed >= length) {
        body.destroy()
        return ok(undefined)
      }
    }
    return body.complete ? ok(undefined) : err({ kind: 'broken', reason: 'the connection was closed in the middle' })
  } catch (error) {
    body.destroy()
    signal?.throwIfAborted()
    if (taking) throw error
    return err(failureOf(error))
  }
}

/** Returns the whole of a short answer as text, for messages and XML. */
export async function textOf(answer: HttpAnswer, bytesMax = 1024 * 1024): Promise<Result<string, PlaceFailure>> {
  const pieces: Buffer[] = []
  const read = await passBody(answer, (piece) => void pieces.push(Buffer.from(piece)), { skip: 0, length: bytesMax })
  return read.ok ? ok(Buffer.concat(pieces).toString('utf8')) : read
}
