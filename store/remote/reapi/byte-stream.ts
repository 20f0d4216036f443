import { randomUUID } from 'node:crypto'
import { type EventEmitter, setMaxListeners } from 'node:events'
import { err, ok, type Result } from '../../contract/result.ts'
import type { ObjectSource, PlaceFailure, TakePiece, WriteOptions } from '../place/object-place.ts'
import { failureOfError, placeFailure } from './call-failure.ts'
import type { HashFunction } from './capabilities.ts'
import type { GrpcClient } from './grpc-client.ts'
import { methods, type ServerDigest } from './protocol.ts'
import { piecesOf, sizeOf } from './server-digests.ts'

/** A server that has all bytes of a large blob may take a while to check and keep them. */
const slowestKeptInMs = 20_000

export interface LargeRead {
  readonly digest: ServerDigest
  readonly from: number
  readonly length: number
  readonly signal?: AbortSignal | undefined
}

/** A blob that is sent, with some bytes behind it. */
export interface LargeWrite {
  readonly digest: ServerDigest
  readonly source: ObjectSource
  readonly behind: Uint8Array
}

/** Blobs that are too large for a message with others. */
export interface ByteStreams {
  read(what: LargeRead, take: TakePiece): Promise<Result<'read' | 'absent', PlaceFailure>>
  /** Sends a blob. After a transfer that broke, it sends only what the server does not have yet. */
  write(what: LargeWrite, options: WriteOptions): Promise<Result<'sent', PlaceFailure>>
}

export function createByteStreams(client: GrpcClient, instanceName: string, hashFunction: HashFunction): ByteStreams {
  const { idleMs } = client.patience
  const start = instanceName === '' ? '' : `${instanceName}/`
  const kind = hashFunction === 'BLAKE3' ? 'blobs/blake3' : 'blobs'
  const blobName = ({ hash, sizeBytes }: ServerDigest) => `${kind}/${hash}/${sizeBytes}`
  /** Transfers that broke, by what they sent. */
  const broken = new Map<string, string>()

  /** Returns how much of a broken transfer the server has. */
  async function committed(resourceName: string, signal: AbortSignal | undefined): Promise<number> {
    const asked = await client.call(methods.writeStatus, { resourceName }, { signal })
    return asked.ok ? asked.value.committedSize : 0
  }

  return {
    async read({ digest, from, length, signal }, take) {
      signal?.throwIfAborted()
      const resourceName = `${start}${blobName(digest)}`
      const began = await client.receive(methods.read, { resourceName, readOffset: from, readLimit: length })
      if (!began.ok) return began
      const stream = began.value
      const watch = watched(() => stream.cancel(), idleMs, signal)
      let passed = 0
      let taking = false
      try {
        for await (const message of stream) {
          watch.moved()
          signal?.throwIfAborted()
          const { data } = message
          taking = true
          for (let at = 0; at < data.byteLength; at += pieceBytes) {
            await take(data.subarray(at, at + pieceBytes))
            signal?.throwIfAborted()
            watch.moved()
          }
          taking = false
          passed += data.byteLength
        }
        if (passed < length) return err({ kind: 'broken', reason: 'it sent less than it has' })
        return ok('read')
      } catch (error) {
        signal?.throwIfAborted()
        if (taking) throw error
        const failure = watch.isLate() ? idle : failureOfError(error)
        return failure.kind === 'absent' ? ok('absent') : err(failure)
      } finally {
        watch.end()
        stream.cancel()
      }
    },

    async write({ digest, source, behind }, { signal, onProgress }) {
      signal?.throwIfAborted()
      const blob = blobName(digest)
      const size = sizeOf(source)
      const before = broken.get(blob)
      const have = before === undefined ? 0 : await committed(before, signal)
      // One that the server says more of than is sent before the bytes behind it begins anew.
      const goesOn = before !== undefined && have > 0 && have <= size
      const resourceName = goesOn ? before : `${start}uploads/${randomUUID()}/${blob}`
      const from = goesOn ? have : 0
      broken.delete(blob)
      const began = await client.transmit(methods.write)
      if (!began.ok) return began
      const { stream, answer } = began.value
      const watch = watched(() => stream.cancel(), idleMs, signal)
      let isAnswered = false
      void answer.then(() => {
        isAnswered = true
      })
      const send = async (data: Uint8Array, at: number) => {
        const finishWrite = at + data.byteLength === digest.sizeBytes
        const name = at === from ? resourceName : ''
        const hasRoom = stream.write({ resourceName: name, writeOffset: at, finishWrite, data })
        if (!hasRoom) await Promise.race([answer, drained(stream)])
        watch.moved()
      }
      try {
        let at = from
        for await (const piece of piecesOf(source, from, signal)) {
          // A server that has the blob already says so before all of it has come.
          if (isAnswered) break
          await send(piece, at)
          at += piece.byteLength
          onProgress?.(at)
        }
        if (!isAnswered && at === size && (behind.byteLength > 0 || at === from)) await send(behind, at)
        else if (!isAnswered && at < size) stream.cancel()
        stream.end()
        watch.waitsFor(idleMs + digest.sizeBytes / slowestKeptInMs)
        const done = await answer
        signal?.throwIfAborted()
        if (done.ok && done.value.committedSize === digest.sizeBytes) return ok('sent')
        // What went on once and failed again may have been wrong from its beginning.
        if (!goesOn) broken.set(blob, resourceName)
        if (done.ok)
          return err({ kind: 'broken', reason: `it has ${done.value.committedSize} bytes of ${digest.sizeBytes}` })
        return err(watch.isLate() ? idle : placeFailure(done.error))
      } catch (error) {
        stream.cancel()
        throw error
      } finally {
        watch.end()
      }
    },
  }
}

/** Whoever takes pieces may stop after each. */
const pieceBytes = 64 * 1024

const idle: PlaceFailure = { kind: 'broken', reason: 'no byte moved for a while' }

/** Breaks a transfer off that moves no byte, or that nobody wants any more. */
function watched(cancel: () => void, idleMs: number, signal: AbortSignal | undefined) {
  let isLate = false
  let waitMs = idleMs
  const tooLate = () => {
    isLate = true
    cancel()
  }
  let timer = setTimeout(tooLate, waitMs)
  // As many transfers listen as are under way; Node would warn of a leak beyond ten.
  if (signal !== undefined) setMaxListeners(0, signal)
  signal?.addEventListener('abort', cancel, { once: true })
  const moved = () => {
    clearTimeout(timer)
    timer = setTimeout(tooLate, waitMs)
  }
  return {
    moved,
    waitsFor(ms: number) {
      waitMs = ms
      moved()
    },
    isLate: () => isLate,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    },
  }
}

function drained(stream: Pick<EventEmitter, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const ends = ['drain', 'close', 'error']
    const done = () => {
      for (const end of ends) stream.off(end, done)
      resolve()
    }
    for (const end of ends) stream.on(end, done)
  })
}
