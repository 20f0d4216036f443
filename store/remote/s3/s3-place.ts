import type { RemoteOptions } from '../../contract/remote-options.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { dropBody, judgeStatus } from '../http/http-answers.ts'
import { httpObjects, put } from '../http/http-objects.ts'
import type { ObjectPlace } from '../place/object-place.ts'
import { createMultipart } from './multipart.ts'
import { checksum, partBytesMin, readPart } from './parts.ts'
import { createRoom } from './room.ts'
import { createS3Client } from './s3-client.ts'

/**
 * Returns the place in a bucket of Amazon S3 or of a server that speaks as it does. What is sent goes with a CRC32, because
 * not every server checks the hash that a signature can hold.
 */
export async function createS3Place(
  options: RemoteOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<ObjectPlace, string>> {
  const made = createS3Client(options, env)
  if (!made.ok) return made
  const client = made.value
  const prefix = client.keyPrefix === '' ? client.bucketPath : `${client.bucketPath}/${client.keyPrefix}`
  const at = (path: string) => `${prefix}/${path}`
  const { stat, read } = httpObjects({ prefix }, client.send)
  const room = createRoom()
  const multipart = createMultipart(client, room)
  return ok({
    name: client.name,
    atOnce: 32,
    stat,
    read,
    async write(path, source, writeOptions = {}) {
      if ('path' in source && source.sizeBytes > partBytesMin) return multipart(at(path), source, writeOptions)
      const sizeBytes = 'bytes' in source ? source.bytes.byteLength : source.sizeBytes
      return room.within(sizeBytes, async () => {
        const bytes = 'bytes' in source ? source.bytes : await readPart(source.path, 0, source.sizeBytes)
        return put(client.send, at(path), { bytes }, writeOptions, checksum(bytes))
      })
    },
    async touch(path, { signal } = {}) {
      const headers = {
        'x-amz-copy-source': `/${client.bucket}/${client.keyPrefix === '' ? '' : `${client.keyPrefix}/`}${path}`,
        // A copy onto itself has to change something.
        'x-amz-metadata-directive': 'REPLACE',
      }
      const sent = await client.send({
        method: 'PUT',
        path: at(path),
        headers,
        body: { bytes: new Uint8Array() },
        signal,
      })
      if (!sent.ok) return sent
      dropBody(sent.value)
      const judged = judgeStatus(sent.value)
      if (judged === 'fine') return ok('touched')
      return judged === 'absent' ? ok('absent') : err(judged)
    },
  })
}
