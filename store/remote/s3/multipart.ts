import { createHash } from 'node:crypto'
import { err, ok, type Result } from '../../contract/result.ts'
import { judgeStatus, textOf } from '../http/http-answers.ts'
import type { PlaceFailure, WriteOptions } from '../place/object-place.ts'
import { checksum, partBytesOf, readPart } from './parts.ts'
import type { Room } from './room.ts'
import type { S3Client, S3Request } from './s3-client.ts'
import { elementsIn, escapeXml, textIn } from './xml-text.ts'

/** How many parts of one file are sent at once. */
const partsAtOnce = 4

interface SentPart {
  readonly etag: string
  readonly sizeBytes: number
}

type LargeFile = { readonly path: string; readonly sizeBytes: number }

/**
 * Returns what sends a large file in parts. An upload that was broken off, by whatever and whoever, is found on the server
 * and goes on: objects are named after their bytes, so its parts are parts of this file if their MD5 says so.
 */
export function createMultipart(client: S3Client, room: Room) {
  async function call(
    request: S3Request,
  ): Promise<Result<{ readonly text: string; readonly etag?: string | undefined }, PlaceFailure>> {
    const sent = await client.send(request)
    if (!sent.ok) return sent
    const text = await textOf(sent.value)
    if (!text.ok) return text
    const judged = judgeStatus(sent.value)
    if (judged !== 'fine') {
      return err(judged === 'absent' ? { kind: 'broken', reason: 'the upload is no longer known there' } : judged)
    }
    // S3 may say so after it has answered 200.
    const code = text.value.includes('<Error>') ? textIn(text.value, 'Code') : undefined
    if (code !== undefined) return err({ kind: 'broken', reason: `it answers ${code}` })
    return ok({ text: text.value, etag: sent.value.headers.etag })
  }

  /** Returns the upload of this object that was begun before, with its parts by their number. */
  async function begun(path: string, signal: AbortSignal | undefined) {
    const key = decodeURIComponent(path.slice(client.bucketPath.length + 1))
    const query = { uploads: '', prefix: key, 'max-uploads': '10' }
    const listed = await call({ method: 'GET', path: client.bucketPath || '/', query, headers: {}, signal })
    // A server, or a policy, that lists no uploads costs a new one.
    if (!listed.ok) return undefined
    const upload = elementsIn(listed.value.text, 'Upload').find((one) => textIn(one, 'Key') === key)
    const id = upload === undefined ? undefined : textIn(upload, 'UploadId')
    if (id === undefined) return undefined
    const parts = new Map<number, SentPart>()
    for (let after = '0'; ; ) {
      const page = await call({
        method: 'GET',
        path,
        query: { uploadId: id, 'part-number-marker': after },
        headers: {},
        signal,
      })
      if (!page.ok) return undefined
      for (const part of elementsIn(page.value.text, 'Part')) {
        const etag = textIn(part, 'ETag')
        if (etag !== undefined)
          parts.set(Number(textIn(part, 'PartNumber')), { etag, sizeBytes: Number(textIn(part, 'Size')) })
      }
      const next = textIn(page.value.text, 'NextPartNumberMarker')
      // A server that names the same page again would be asked for ever.
      const hasMore = textIn(page.value.text, 'IsTruncated') === 'true' && Number(next) > Number(after)
      if (!hasMore || next === undefined) return { id, parts }
      after = next
    }
  }

  return async (
    path: string,
    file: LargeFile,
    { signal, onProgress }: WriteOptions,
  ): Promise<Result<'written', PlaceFailure>> => {
    const before = await begun(path, signal)
    const created =
      before === undefined
        ? await call({ method: 'POST', path, query: { uploads: '' }, headers: {}, signal })
        : undefined
    if (created?.ok === false) return created
    const id = before?.id ?? (created === undefined ? undefined : textIn(created.value.text, 'UploadId'))
    if (id === undefined) return err({ kind: 'unavailable', reason: 'it begins no upload in parts' })
    const partBytes = partBytesOf(file.sizeBytes)
    const count = Math.ceil(file.sizeBytes / partBytes)
    const etags = new Array<string>(count)
    let next = 0
    let movedBytes = 0
    let failure: PlaceFailure | undefined

    async function sendPart(index: number): Promise<void> {
      const start = index * partBytes
      const length = Math.min(partBytes, file.sizeBytes - start)
      await room.within(length, async () => {
        const bytes = await readPart(file.path, start, length)
        const there = before?.parts.get(index + 1)
        if (there?.sizeBytes === length && there.etag.replaceAll('"', '') === md5(bytes)) etags[index] = there.etag
        else {
          const query = { partNumber: String(index + 1), uploadId: id ?? '' }
          const sent = await call({ method: 'PUT', path, query, headers: checksum(bytes), body: { bytes }, signal })
          if (!sent.ok) failure ??= sent.error
          else if (sent.value.etag === undefined) failure ??= { kind: 'unavailable', reason: 'it names no part' }
          else etags[index] = sent.value.etag
        }
        movedBytes += length
        onProgress?.(movedBytes)
      })
    }
    const work = async (): Promise<void> => {
      while (next < count && failure === undefined) await sendPart(next++)
    }
    const ends = await Promise.allSettled(Array.from({ length: Math.min(partsAtOnce, count) }, work))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    if (failure !== undefined) return err(failure)
    const parts = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    )
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
    const headers = { 'content-type': 'application/xml' }
    const done = await call({ method: 'POST', path, query: { uploadId: id }, headers, body: { bytes: body }, signal })
    return done.ok ? ok('written') : done
  }
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}
