import { err, ok, type Result } from '../../contract/result.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { placeFailure } from './call-failure.ts'
import { hashFunctions, type ServerFacts } from './capabilities.ts'
import { unlessAborted } from './gathered.ts'
import type { GrpcClient } from './grpc-client.ts'
import { type ActionResult, methods, type ServerDigest } from './protocol.ts'
import type { ServerBlobs } from './server-blobs.ts'
import { serverDigest } from './server-digests.ts'

/** How many bytes stand behind the object where its blob had to be another one than its bytes. */
export const behindBytes = 16

/** The blob in which the bytes of an object are; undefined of an empty object. */
export interface ObjectBlob {
  readonly digest: ServerDigest
  readonly sizeBytes: number
}

/** What names are given to in the server's cache of actions. */
export interface NamedBlobs {
  /** Returns the blob that has a name; undefined where the name is nobody's. */
  get(name: string, signal: AbortSignal | undefined): Promise<Result<NamedFiles | undefined, PlaceFailure>>
  /** Sends what a name is made of, which may go along with the blobs that it is for. */
  prepare(name: string, signal: AbortSignal | undefined): Promise<Result<'sent', PlaceFailure>>
  /** Gives a name that was prepared. */
  set(name: string, files: NamedFiles, signal: AbortSignal | undefined): Promise<Result<'set', PlaceFailure>>
}

/** Blobs by their paths, in the entry of one name. */
export type NamedFiles = ReadonlyMap<string, ObjectBlob>

const behindMark = `+${behindBytes}`

/**
 * Gives names to blobs. A name is an action that nothing executes: its command says whose it is, its salt is the name. All
 * its parts are blobs, because some servers keep no result of an action that they do not have.
 */
export function createNamedBlobs(
  client: GrpcClient,
  instanceName: string,
  facts: ServerFacts,
  blobs: ServerBlobs,
): NamedBlobs {
  const call = { instanceName, digestFunction: hashFunctions[facts.hashFunction] }
  const blobOf = (data: Uint8Array) => ({ digest: serverDigest(facts.hashFunction, data), data })
  const command = blobOf(client.encode('Command', { arguments: ['reprise', 'object'], outputPaths: ['object'] }))
  const emptyDirectory = blobOf(new Uint8Array())
  const actionOf = (name: string) =>
    blobOf(
      client.encode('Action', {
        commandDigest: command.digest,
        inputRootDigest: emptyDirectory.digest,
        salt: Buffer.from(`reprise object v1\0${name}`),
      }),
    )

  return {
    async get(name, signal) {
      const actionDigest = actionOf(name).digest
      const got = await unlessAborted(client.call(methods.getResult, { ...call, actionDigest }, { signal }), signal)
      if (got.ok) return ok(filesIn(got.value))
      return got.error.kind === 'absent' ? ok(undefined) : err(got.error)
    },
    async prepare(name, signal) {
      const parts = await Promise.all([command, emptyDirectory, actionOf(name)].map((blob) => blobs.send(blob, signal)))
      return parts.find((sent) => !sent.ok) ?? ok('sent')
    },
    async set(name, files, signal) {
      const request = { ...call, actionDigest: actionOf(name).digest, actionResult: resultOf(files) }
      const set = await client.call(methods.updateResult, request, { signal })
      return set.ok ? ok('set') : err(placeFailure(set.error))
    },
  }
}

function resultOf(files: NamedFiles): ActionResult {
  const outputFiles = [...files].map(([path, { digest, sizeBytes }]) => ({
    path: digest.sizeBytes === sizeBytes ? path : `${path}${behindMark}`,
    digest,
  }))
  return { outputFiles }
}

function filesIn({ outputFiles }: ActionResult): NamedFiles {
  const files = new Map<string, ObjectBlob>()
  for (const { path, digest } of outputFiles) {
    if (digest === null) continue
    const isLonger = path.endsWith(behindMark) && digest.sizeBytes >= behindBytes
    const sizeBytes = digest.sizeBytes - (isLonger ? behindBytes : 0)
    files.set(isLonger ? path.slice(0, -behindMark.length) : path, { digest, sizeBytes })
  }
  return files
}
