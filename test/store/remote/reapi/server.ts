import * as grpc from '@grpc/grpc-js'
import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { onTestFinished } from 'vitest'
import type { HashFunction } from '../../../../store/remote/reapi/capabilities.ts'
import { hashFunctions } from '../../../../store/remote/reapi/capabilities.ts'
import { type ActionResult, protocol, type ServerDigest } from '../../../../store/remote/reapi/protocol.ts'
import { serverDigest } from '../../../../store/remote/reapi/server-digests.ts'

/** What a server does instead of what it is asked. */
export type ReapiLie =
  | 'none'
  | 'flips a byte'
  | 'sends less'
  | 'sends too much'
  | 'breaks off'
  | 'breaks off what it is sent'
  | 'never answers'
  | 'sends nothing'
  | 'fails every third time'
  | 'is closed to us'
  | 'has no room'

/** A server of the Remote Execution API that keeps blobs in memory, and lies when it is told to. */
export interface ReapiServer {
  readonly port: number
  readonly blobs: Map<string, Buffer>
  lie: ReapiLie
  /** The methods that were called, in order. */
  readonly calls: string[]
  readonly authorizations: string[]
  /** From where streams were read and written, in order. */
  readonly offsets: number[]
  largestMessage: number
}

export interface ReapiServerOptions {
  readonly hashFunction?: HashFunction
  readonly takesResults?: boolean
  /** What it says of its hash functions, where that is not the one that it has. */
  readonly offers?: readonly number[]
}

const code = grpc.status
type Unary<Request, Answer> = grpc.handleUnaryCall<Request, Answer>
interface Blob {
  readonly digest: ServerDigest
  readonly data: Buffer
}

const definitions: PackageDefinition = fromJSON(protocol, {
  longs: Number,
  defaults: true,
  arrays: true,
  objects: true,
})

function service(name: string): grpc.ServiceDefinition {
  // The loader says of each name only that it is a message or a service.
  return definitions[name] as ServiceDefinition
}

const nameOf = ({ hash, sizeBytes }: ServerDigest) => `${hash}/${sizeBytes}`

/** Starts a server on loopback that ends with the test. */
export async function startReapiServer({
  hashFunction = 'BLAKE3',
  takesResults = true,
  offers = [hashFunctions[hashFunction]],
}: ReapiServerOptions = {}): Promise<ReapiServer> {
  const blobs = new Map<string, Buffer>()
  const results = new Map<string, ActionResult>()
  /** What came of streams that broke. */
  const partial = new Map<string, Buffer>()
  const made = new grpc.Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 })
  const empty = serverDigest(hashFunction, new Uint8Array())
  const hasBlob = (digest: ServerDigest) => digest.hash === empty.hash || blobs.has(nameOf(digest))
  const state = {
    lie: 'none' as ReapiLie,
    calls: [] as string[],
    authorizations: [] as string[],
    offsets: [] as number[],
  }
  let largestMessage = 0

  /** Notes a call, and fails it where the server is told to. */
  function answers<Request, Answer>(
    name: string,
    handle: (request: Request) => Answer | grpc.StatusObject,
  ): Unary<Request, Answer> {
    return ({ request, metadata }, callback) => {
      note(name, metadata)
      if (state.lie === 'never answers') return
      const refused = refusal()
      if (refused !== undefined) return void callback(refused)
      const answer = handle(request)
      if (isStatus(answer)) callback(answer)
      else callback(null, answer)
    }
  }

  function note(name: string, metadata: grpc.Metadata): void {
    state.calls.push(name)
    state.authorizations.push(String(metadata.get('authorization')[0] ?? ''))
  }

  function refusal(): grpc.StatusObject | undefined {
    if (state.lie === 'is closed to us') return failed(code.PERMISSION_DENIED, 'not for you')
    if (state.lie === 'fails every third time' && state.calls.length % 3 === 0) return failed(code.UNAVAILABLE, 'busy')
    return undefined
  }

  const found = (digest: ServerDigest): Buffer | undefined =>
    blobs.get(nameOf(digest)) ?? (digest.sizeBytes === 0 ? Buffer.alloc(0) : undefined)

  made.addService(service('build.bazel.remote.execution.v2.Capabilities'), {
    GetCapabilities: answers('GetCapabilities', () => ({
      cacheCapabilities: {
        digestFunctions: offers,
        actionCacheUpdateCapabilities: { updateEnabled: takesResults },
        // As many servers do.
        maxBatchTotalSizeBytes: 0,
        maxCasBlobSizeBytes: 0,
      },
    })),
  })
  made.addService(service('build.bazel.remote.execution.v2.ActionCache'), {
    GetActionResult: answers<{ actionDigest: ServerDigest }, ActionResult>('GetActionResult', ({ actionDigest }) => {
      const result = results.get(nameOf(actionDigest))
      const isWhole = result?.outputFiles.every(({ digest }) => digest !== null && hasBlob(digest))
      return result !== undefined && isWhole ? result : failed(code.NOT_FOUND, 'no such result')
    }),
    UpdateActionResult: answers<{ actionDigest: ServerDigest; actionResult: ActionResult }, ActionResult>(
      'UpdateActionResult',
      ({ actionDigest, actionResult }) => {
        if (!takesResults) return failed(code.PERMISSION_DENIED, 'no results')
        if (!hasBlob(actionDigest)) return failed(code.INVALID_ARGUMENT, 'the action is not in the blobs')
        results.set(nameOf(actionDigest), actionResult)
        return actionResult
      },
    ),
  })
  made.addService(service('build.bazel.remote.execution.v2.ContentAddressableStorage'), {
    FindMissingBlobs: answers<{ blobDigests: ServerDigest[] }, object>('FindMissingBlobs', ({ blobDigests }) => ({
      missingBlobDigests: blobDigests.filter((digest) => !hasBlob(digest)),
    })),
    BatchUpdateBlobs: answers<{ requests: Blob[] }, object>('BatchUpdateBlobs', ({ requests }) => {
      largestMessage = Math.max(largestMessage, sum(requests.map(({ data }) => data.byteLength)))
      return { responses: requests.map(({ digest, data }) => ({ digest, status: keep(digest, data) })) }
    }),
    BatchReadBlobs: answers<{ digests: ServerDigest[] }, object>('BatchReadBlobs', ({ digests }) => {
      largestMessage = Math.max(largestMessage, sum(digests.map(({ sizeBytes }) => sizeBytes)))
      return {
        responses: digests.map((digest) => {
          const data = found(digest)
          if (data === undefined) return { digest, status: failed(code.NOT_FOUND, 'no such blob') }
          return { digest, data: twisted(data), status: { code: 0, message: '' } }
        }),
      }
    }),
  })

  function keep(digest: ServerDigest, data: Buffer) {
    if (state.lie === 'has no room') return failed(code.RESOURCE_EXHAUSTED, 'no space left')
    if (nameOf(serverDigest(hashFunction, data)) !== nameOf(digest))
      return failed(code.INVALID_ARGUMENT, 'wrong digest')
    // What is there is not replaced, be it damaged or not.
    if (!blobs.has(nameOf(digest))) blobs.set(nameOf(digest), Buffer.from(data))
    return { code: 0, message: '' }
  }

  function twisted(data: Buffer): Buffer {
    switch (state.lie) {
      case 'flips a byte': {
        const changed = Buffer.from(data)
        changed[0] = (changed[0] ?? 0) ^ 1
        return changed
      }
      case 'sends less':
        return data.subarray(0, data.byteLength - 1)
      case 'sends too much':
        return Buffer.concat([data, Buffer.from('more')])
      default:
        return data
    }
  }

  const segment = hashFunction === 'BLAKE3' ? 'blake3/' : ''
  function digestIn(resource: string): ServerDigest | undefined {
    const [, hash, size] = new RegExp(`(?:^|/)blobs/${segment}([0-9a-f]{64})/(\\d+)$`).exec(resource) ?? []
    return hash === undefined ? undefined : { hash, sizeBytes: Number(size) }
  }

  made.addService(service('google.bytestream.ByteStream'), {
    Read(
      call: grpc.ServerWritableStream<
        { resourceName: string; readOffset: number; readLimit: number },
        { data: Buffer }
      >,
    ) {
      note('Read', call.metadata)
      const { resourceName, readOffset, readLimit } = call.request
      state.offsets.push(readOffset)
      const refused = refusal()
      if (refused !== undefined) return void call.emit('error', refused)
      if (state.lie === 'sends nothing' || state.lie === 'never answers') return
      const digest = digestIn(resourceName)
      const blob = digest === undefined ? undefined : found(digest)
      if (blob === undefined) return void call.emit('error', failed(code.NOT_FOUND, 'no such blob'))
      const part = twisted(blob.subarray(readOffset, readLimit === 0 ? undefined : readOffset + readLimit))
      const half = Math.ceil(part.byteLength / 2)
      call.write({ data: part.subarray(0, half) })
      if (state.lie === 'breaks off') {
        state.lie = 'none'
        return void call.emit('error', failed(code.UNAVAILABLE, 'going away'))
      }
      call.write({ data: part.subarray(half) })
      call.end()
    },
    Write(
      call: grpc.ServerReadableStream<
        { resourceName: string; writeOffset: number; finishWrite: boolean; data: Buffer },
        { committedSize: number }
      >,
      callback: grpc.sendUnaryData<{ committedSize: number }>,
    ) {
      note('Write', call.metadata)
      let name = ''
      let bytes: Buffer = Buffer.alloc(0)
      let isDone = false
      const end = (error: grpc.StatusObject | null, committedSize = 0) => {
        if (isDone) return
        isDone = true
        if (error === null) callback(null, { committedSize })
        else callback(error)
      }
      call.on('data', (message: { resourceName: string; writeOffset: number; finishWrite: boolean; data: Buffer }) => {
        if (isDone) return
        largestMessage = Math.max(largestMessage, message.data.byteLength)
        if (name === '') {
          name = message.resourceName
          state.offsets.push(message.writeOffset)
          bytes = partial.get(name) ?? bytes
          const digest = digestIn(name)
          if (digest !== undefined && blobs.has(nameOf(digest))) return end(null, digest.sizeBytes)
        }
        if (message.writeOffset !== bytes.byteLength) return end(failed(code.INVALID_ARGUMENT, 'not where it ended'))
        bytes = Buffer.concat([bytes, message.data])
        const digest = digestIn(name)
        if (
          state.lie === 'breaks off what it is sent' &&
          digest !== undefined &&
          bytes.byteLength > digest.sizeBytes / 2
        ) {
          state.lie = 'none'
          partial.set(name, bytes)
          return end(failed(code.UNAVAILABLE, 'going away'))
        }
        if (message.finishWrite && digest !== undefined) {
          const kept = keep(digest, bytes)
          end(kept.code === 0 ? null : failed(kept.code, kept.message), bytes.byteLength)
        }
      })
      call.on('end', () => end(failed(code.INVALID_ARGUMENT, 'not finished')))
      call.on('error', () => {})
    },
    QueryWriteStatus: answers<{ resourceName: string }, object>('QueryWriteStatus', ({ resourceName }) => ({
      committedSize: partial.get(resourceName)?.byteLength ?? 0,
      complete: false,
    })),
  })
  const port = await new Promise<number>((resolve, reject) =>
    made.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  onTestFinished(() => made.forceShutdown())
  return {
    port,
    blobs,
    calls: state.calls,
    authorizations: state.authorizations,
    offsets: state.offsets,
    get lie() {
      return state.lie
    },
    set lie(lie) {
      state.lie = lie
    },
    get largestMessage() {
      return largestMessage
    },
    set largestMessage(bytes) {
      largestMessage = bytes
    },
  }
}

function failed(status: grpc.status, details: string): grpc.StatusObject & { message: string } {
  return { code: status, details, message: details, metadata: new grpc.Metadata() }
}

function isStatus(answer: unknown): answer is grpc.StatusObject {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'metadata' in answer
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
