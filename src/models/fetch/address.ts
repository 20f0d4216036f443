import { open, rename, rm, stat } from 'node:fs/promises'
import type { AddressSource } from '../registry/model.ts'
import { asDiskError, SourceError } from '../registry/model-failure.ts'
import { type Fetching, verifiedPath } from './fetching.ts'
import { sha256Of } from './verified-file.ts'

/** Downloads a file; what an interrupted call has received is not asked for again. */
export async function downloadAddress(fetching: Fetching, { url, sha256, sizeBytes }: AddressSource): Promise<void> {
  const path = verifiedPath(fetching, sha256)
  const part = `${path}.part`
  try {
    const found = await stat(part).catch(() => undefined)
    const begun = found === undefined || found.size > sizeBytes ? 0 : found.size
    if (begun < sizeBytes) await append(fetching, { url, part, begun, sizeBytes })
    const digest = await sha256Of(part, fetching.signal)
    if (digest === sha256) return await rename(part, path)
    await rm(part, { force: true })
    throw new SourceError(`the file has the SHA-256 ${digest} instead of ${sha256}, so it is not used`)
  } catch (error) {
    throw asDiskError(error, part) ?? error
  }
}

interface Transfer {
  readonly url: string
  readonly part: string
  readonly begun: number
  readonly sizeBytes: number
}

async function append({ progress, signal }: Fetching, { url, part, begun, sizeBytes }: Transfer): Promise<void> {
  const headers = begun === 0 ? {} : { range: `bytes=${begun}-` }
  const response = await fetch(url, { headers, ...(signal && { signal }) }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw new SourceError(`cannot be reached (${reachError(error)})`)
  })
  // A server that knows no ranges sends the file from its start.
  const from = response.status === 206 ? begun : 0
  if (!response.ok || response.body === null) throw new SourceError(`the server answered ${response.status}`)
  let bytesDone = from
  const file = await open(part, from === 0 ? 'w' : 'a')
  try {
    for await (const chunk of received(response.body)) {
      // A page in place of the file may be of any length.
      if (bytesDone + chunk.byteLength > sizeBytes) throw new SourceError(`the file is longer than ${sizeBytes} bytes`)
      await file.writeFile(chunk)
      bytesDone += chunk.byteLength
      progress.onBytes({ bytesDone, bytesTotal: sizeBytes, bytesResumed: from })
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof SourceError) await rm(part, { force: true })
    if (error instanceof SourceError || asDiskError(error, part) !== undefined) throw error
    throw new SourceError(`the connection broke after ${bytesDone} of ${sizeBytes} bytes (${reachError(error)})`)
  } finally {
    await file.close()
  }
  if (bytesDone < sizeBytes) throw new SourceError(`the file ended after ${bytesDone} of ${sizeBytes} bytes`)
}

async function* received(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

function reachError(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return String(cause)
}
