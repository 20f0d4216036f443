import { type MessagePort, parentPort } from 'node:worker_threads'
import { errorCode, isSystemError } from '../disk/io-failure.ts'
import type { DigestReply, DigestRequest } from './digest-protocol.ts'
import { hashMany } from './hash-many.ts'
import { ReadingPartner } from './read-ahead.ts'
import { CopyTargetError, streamFile } from './stream-file.ts'
import { WritingPartner } from './write-behind.ts'

/** A worker thread of `digest-pool.ts`: it answers requests one after the other. */
function serve(port: MessagePort): void {
  port.on('message', (request: DigestRequest) => {
    answer(request).then(
      (reply) => port.postMessage(reply),
      (error: unknown) => port.postMessage(carried(error)),
    )
  })
}

async function answer(request: DigestRequest): Promise<DigestReply> {
  switch (request.kind) {
    case 'stream':
      return { kind: 'digest', digest: await streamFile(request.path, request.target, request.ring) }
    case 'many':
      return { kind: 'many', digests: hashMany(request.files) }
    case 'read-ahead':
      return { kind: 'helped', blocks: new ReadingPartner(request.ring).stay() }
    case 'write-behind':
      return { kind: 'helped', blocks: new WritingPartner(request.ring).stay() }
    default:
      return request satisfies never
  }
}

function carried(error: unknown): DigestReply {
  const ofTarget = error instanceof CopyTargetError
  const cause = ofTarget ? error.cause : error
  if (!(cause instanceof Error) || !isSystemError(cause)) return { kind: 'bug', error: cause }
  const side = ofTarget ? 'target' : 'source'
  return { kind: 'error', error: { side, code: errorCode(cause), message: cause.message } }
}

if (parentPort !== null) serve(parentPort)
