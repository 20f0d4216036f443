import { type MessagePort, parentPort } from 'node:worker_threads'
import type { CarriedError, DigestReply, DigestRequest } from './digest-protocol.ts'
import { hashPacked } from './hash-many.ts'
import { errorCode } from './io-failure.ts'
import { CopyTargetError, streamFile } from './stream-file.ts'

/** A worker thread of `digest-pool.ts`: it answers requests one after the other. */
function serve(port: MessagePort): void {
  port.on('message', (request: DigestRequest) => {
    answer(request).then(
      (reply) => port.postMessage(reply),
      (error: unknown) => port.postMessage({ kind: 'error', error: carried(error) } satisfies DigestReply),
    )
  })
}

async function answer(request: DigestRequest): Promise<DigestReply> {
  switch (request.kind) {
    case 'stream':
      return { kind: 'digest', digest: await streamFile(request.path, request.target) }
    case 'many':
      return { kind: 'many', digests: hashPacked(request.files) }
    default:
      return request satisfies never
  }
}

function carried(error: unknown): CarriedError {
  const ofTarget = error instanceof CopyTargetError
  const cause = ofTarget ? error.cause : error
  const message = cause instanceof Error ? cause.message : String(cause)
  return { side: ofTarget ? 'target' : 'source', code: errorCode(cause), message }
}

if (parentPort !== null) serve(parentPort)
