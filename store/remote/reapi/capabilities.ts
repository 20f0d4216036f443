import { err, ok, type Result } from '../../contract/result.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { placeFailure } from './call-failure.ts'
import type { GrpcClient } from './grpc-client.ts'
import { functionNames, methods } from './protocol.ts'

/** The hash functions that are used here, the preferred one first. */
export const hashFunctions = { BLAKE3: 9, SHA256: 1 } as const
export type HashFunction = keyof typeof hashFunctions

/** What a server said of itself. */
export interface ServerFacts {
  readonly hashFunction: HashFunction
  /** Names of all that it offers. */
  readonly offered: readonly string[]
  /** How many bytes of blobs go into one message. */
  readonly batchBytes: number
  /** The largest blob that it takes. */
  readonly blobBytesMax: number
  readonly takesResults: boolean
}

/** Messages have at most 4 MiB unless a server says otherwise; many say 0, and mean that. The rest is for what is around the bytes. */
const batchBytesMax = 4 * 1024 * 1024 - 64 * 1024

/** Asks a server what it offers. */
export async function askCapabilities(
  client: GrpcClient,
  instanceName: string,
  signal: AbortSignal | undefined,
): Promise<Result<ServerFacts, PlaceFailure>> {
  const asked = await client.call(methods.capabilities, { instanceName }, { signal })
  if (!asked.ok) return err(placeFailure(asked.error))
  const cache = asked.value.cacheCapabilities
  if (cache === null) return err({ kind: 'unavailable', reason: 'it is no cache: it offers to execute alone' })
  const told = cache.digestFunctions
  // One that tells none is from the time when there was one.
  const offered = told.length === 0 ? ['SHA256'] : told.map((number) => functionNames[number] ?? `number ${number}`)
  const hashFunction = offered.includes('BLAKE3') ? 'BLAKE3' : offered.includes('SHA256') ? 'SHA256' : undefined
  if (hashFunction === undefined)
    return err({ kind: 'unavailable', reason: `it has neither BLAKE3 nor SHA-256, only ${offered.join(', ')}` })
  const batch = cache.maxBatchTotalSizeBytes
  return ok({
    hashFunction,
    offered,
    batchBytes: batch > 0 ? Math.min(batch, batchBytesMax) : batchBytesMax,
    blobBytesMax: cache.maxCasBlobSizeBytes > 0 ? cache.maxCasBlobSizeBytes : Number.POSITIVE_INFINITY,
    takesResults: cache.actionCacheUpdateCapabilities?.updateEnabled ?? false,
  })
}
