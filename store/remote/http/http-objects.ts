import { err, ok, type Result } from '../../contract/result.ts'
import type { ObjectPlace, ObjectSource, PlaceFailure, WriteOptions } from '../place/object-place.ts'
import { dropBody, judgeStatus, passBody } from './http-answers.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.ts'

/** A request for an object, to which a kind of server adds what it wants. */
export type SendRequest = (request: HttpRequest) => Promise<Result<HttpAnswer, PlaceFailure>>

/** Returns how objects are read and written by GET, HEAD and PUT; `send` adds credentials. */
export function httpObjects(
  { prefix }: Pick<HttpClient, 'prefix'>,
  send: SendRequest,
): Pick<ObjectPlace, 'stat' | 'read' | 'write'> {
  const at = (path: string) => `${prefix}/${path}`
  return {
    async stat(path, { signal } = {}) {
      const sent = await send({ method: 'HEAD', path: at(path), headers: {}, signal })
      if (!sent.ok) return sent
      dropBody(sent.value)
      const judged = judgeStatus(sent.value)
      if (judged === 'absent') return ok(undefined)
      if (judged !== 'fine') return err(judged)
      const { headers } = sent.value
      const modifiedMs = Date.parse(headers['last-modified'] ?? '')
      const sizeBytes = Number(headers['content-length'] ?? -1)
      return ok({ sizeBytes, ...(Number.isNaN(modifiedMs) ? {} : { modifiedMs }) })
    },
    async read(path, take, { from = 0, length = Number.POSITIVE_INFINITY, signal } = {}) {
      const end = Number.isFinite(length) ? String(from + length - 1) : ''
      const isPart = from > 0 || end !== ''
      // A part of nothing cannot be asked for.
      if (length === 0) return ok('read')
      const headers = { 'accept-encoding': 'identity', ...(isPart ? { range: `bytes=${from}-${end}` } : {}) }
      const sent = await send({ method: 'GET', path: at(path), headers, signal })
      if (!sent.ok) return sent
      const answer = sent.value
      // There is nothing from there on.
      if (answer.status === 416) {
        dropBody(answer)
        return ok('absent')
      }
      const judged = judgeStatus(answer)
      if (judged !== 'fine') {
        dropBody(answer)
        return judged === 'absent' ? ok('absent') : err(judged)
      }
      const begins = answer.status === 206 ? rangeStart(answer) : 0
      if (begins === undefined || begins > from) {
        answer.body.destroy()
        return err({ kind: 'unavailable', reason: 'it sends another part than the one that was asked for' })
      }
      const passed = await passBody(answer, take, { skip: from - begins, length, signal })
      return passed.ok ? ok('read') : passed
    },
    write: (path, source, options = {}) => put(send, at(path), source, options),
  }
}

/** Writes an object with one PUT; `headers` are those of its kind of server. */
export async function put(
  send: SendRequest,
  path: string,
  source: ObjectSource,
  { onlyNew = false, signal, onProgress }: WriteOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<Result<'written' | 'was-there', PlaceFailure>> {
  const condition = onlyNew ? { 'if-none-match': '*' } : {}
  const sent = await send({
    method: 'PUT',
    path,
    headers: { ...headers, ...condition },
    body: source,
    signal,
    onProgress,
  })
  if (!sent.ok) return sent
  dropBody(sent.value)
  const { status } = sent.value
  // 409: S3 answers so to two that write the same object at the same time.
  if (onlyNew && (status === 412 || status === 409)) return ok('was-there')
  const judged = judgeStatus(sent.value)
  if (judged === 'fine') return ok('written')
  return err(judged === 'absent' ? { kind: 'unavailable', reason: `it answers ${status} to what is sent` } : judged)
}

function rangeStart({ headers }: HttpAnswer): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1]
  return start === undefined ? undefined : Number(start)
}
