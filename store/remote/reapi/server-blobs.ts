import { err, ok, type Result } from '../../contract/result.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { callFailure, placeFailure } from './call-failure.ts'
import { hashFunctions, type ServerFacts } from './capabilities.ts'
import { gathered, unlessAborted } from './gathered.ts'
import type { GrpcClient } from './grpc-client.ts'
import { methods, type ServerDigest } from './protocol.ts'

/** A digest takes some 70 bytes: so many fit into any message. */
const digestsMax = 10_000
/** What surrounds the bytes of a blob in a message, generously. */
const aroundBytes = 256
/** A message full of blobs may take so many times as long as one of digests: 4 MiB in a minute are a slow line. */
const slowness = 4

export interface SmallBlob {
  readonly digest: ServerDigest
  readonly data: Uint8Array
}

/** The blobs of a server, many of which go in one request. */
export interface ServerBlobs {
  /** How many bytes a blob may have to be sent or read in a message with others. */
  readonly smallMax: number
  /** Whether a blob is there; the server keeps one longer that it was asked for. */
  isThere(digest: ServerDigest, signal: AbortSignal | undefined): Promise<Result<boolean, PlaceFailure>>
  send(blob: SmallBlob, signal: AbortSignal | undefined): Promise<Result<'sent', PlaceFailure>>
  read(digest: ServerDigest, signal: AbortSignal | undefined): Promise<Result<Uint8Array | 'absent', PlaceFailure>>
}

export function createServerBlobs(client: GrpcClient, instanceName: string, facts: ServerFacts): ServerBlobs {
  const call = { instanceName, digestFunction: hashFunctions[facts.hashFunction] }
  const bytesOfBlob = ({ sizeBytes }: ServerDigest) => sizeBytes + aroundBytes

  const ask = gathered<ServerDigest, boolean>(
    async (blobDigests) => {
      const asked = await client.call(methods.findMissing, { ...call, blobDigests })
      if (!asked.ok) return err(placeFailure(asked.error))
      const missing = new Set(asked.value.missingBlobDigests.map(nameOf))
      return ok(blobDigests.map((digest) => !missing.has(nameOf(digest))))
    },
    { itemsMax: digestsMax, bytesMax: Number.POSITIVE_INFINITY, bytesOf: () => 0 },
  )

  const send = gathered<SmallBlob, 'sent' | PlaceFailure>(
    async (blobs) => {
      const distinct = [...new Map(blobs.map((blob) => [nameOf(blob.digest), blob])).values()]
      const sent = await client.call(methods.batchUpdate, { ...call, requests: distinct }, { slowness })
      if (!sent.ok) return err(placeFailure(sent.error))
      const ends = new Map<string, 'sent' | PlaceFailure>()
      for (const { digest, status } of sent.value.responses) {
        if (digest === null) continue
        const isFine = status === null || status.code === 0
        ends.set(nameOf(digest), isFine ? 'sent' : placeFailure(callFailure(status.code, status.message)))
      }
      return ok(blobs.map(({ digest }) => ends.get(nameOf(digest)) ?? unanswered))
    },
    { itemsMax: digestsMax, bytesMax: facts.batchBytes, bytesOf: ({ digest }) => bytesOfBlob(digest) },
  )

  const read = gathered<ServerDigest, Uint8Array | 'absent' | PlaceFailure>(
    async (digests) => {
      const distinct = [...new Map(digests.map((digest) => [nameOf(digest), digest])).values()]
      const got = await client.call(methods.batchRead, { ...call, digests: distinct }, { slowness })
      if (!got.ok) return err(placeFailure(got.error))
      const ends = new Map<string, Uint8Array | 'absent' | PlaceFailure>()
      for (const { digest, data, status } of got.value.responses) {
        if (digest === null) continue
        if (status === null || status.code === 0) ends.set(nameOf(digest), data)
        else {
          const failure = callFailure(status.code, status.message)
          ends.set(nameOf(digest), failure.kind === 'absent' ? 'absent' : failure)
        }
      }
      return ok(digests.map((digest) => ends.get(nameOf(digest)) ?? unanswered))
    },
    { itemsMax: digestsMax, bytesMax: facts.batchBytes, bytesOf: bytesOfBlob },
  )

  return {
    smallMax: Math.min(1024 * 1024, facts.batchBytes - aroundBytes),
    isThere: (digest, signal) => unlessAborted(ask(digest), signal),
    async send(blob, signal) {
      const sent = await unlessAborted(send(blob), signal)
      if (!sent.ok) return sent
      return sent.value === 'sent' ? ok('sent') : err(sent.value)
    },
    async read(digest, signal) {
      const got = await unlessAborted(read(digest), signal)
      if (!got.ok) return got
      return got.value === 'absent' || got.value instanceof Uint8Array ? ok(got.value) : err(got.value)
    },
  }
}

const unanswered: PlaceFailure = { kind: 'broken', reason: 'it answers for less than it was asked' }

function nameOf({ hash, sizeBytes }: ServerDigest): string {
  return `${hash}/${sizeBytes}`
}
