import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { CallOptions } from '../../contract/cache-store.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import type { ObjectPlace, ObjectSource, PlaceFailure, TakePiece, WriteOptions } from '../place/object-place.ts'
import { createByteStreams } from './byte-stream.ts'
import { askCapabilities, type ServerFacts } from './capabilities.ts'
import { createGrpcClient, type GrpcClient, type GrpcTarget } from './grpc-client.ts'
import { behindBytes, createNamedBlobs, type ObjectBlob } from './named-blobs.ts'
import type { ServerDigest } from './protocol.ts'
import { createServerBlobs } from './server-blobs.ts'
import { serverDigest, sizeOf, sourceDigest } from './server-digests.ts'

export interface ReapiTarget extends GrpcTarget {
  /** The address without credentials. */
  readonly name: string
  readonly instanceName: string
}

/** What an object's own blob is called in the entry of its name. */
const objectFile = 'object'
/** Of a result with more objects, the server is not told which: its message could become too large. */
const needsMax = 8000
/** So many names are remembered. */
const knownMax = 100_000
const pieceBytes = 64 * 1024

/** What is used of a server, once it has said what it offers. */
function serverOf(client: GrpcClient, instanceName: string, facts: ServerFacts) {
  const blobs = createServerBlobs(client, instanceName, facts)
  return {
    facts,
    blobs,
    streams: createByteStreams(client, instanceName, facts.hashFunction),
    names: createNamedBlobs(client, instanceName, facts, blobs),
  }
}

type Server = ReturnType<typeof serverOf>

/**
 * Returns the place on a server of the Remote Execution API. Its blobs are named by the server's hash function, and nothing in
 * one can be changed; so each object has a name in the cache of actions, which says in which blob its bytes are. A blob that
 * was found damaged cannot be replaced either: a small blob that everybody can name says that it is, and the bytes are sent
 * in another one, with some bytes behind them.
 */
export async function createReapiPlace(target: ReapiTarget): Promise<Result<ObjectPlace, string>> {
  const made = await createGrpcClient(target)
  if (!made.ok) return made
  const client = made.value
  const { name, instanceName } = target
  const known = new Map<string, ObjectBlob>()
  let asked: Promise<Result<Server, PlaceFailure>> | undefined

  async function server(signal: AbortSignal | undefined): Promise<Result<Server, PlaceFailure>> {
    signal?.throwIfAborted()
    asked ??= askCapabilities(client, instanceName, undefined).then((facts) =>
      facts.ok ? ok(serverOf(client, instanceName, facts.value)) : facts,
    )
    const answered = await asked
    signal?.throwIfAborted()
    if (!answered.ok) asked = undefined
    return answered
  }

  function learn(path: string, blob: ObjectBlob): void {
    if (known.size >= knownMax) known.clear()
    known.set(path, blob)
  }

  /** Returns the blob of an object; `sure` asks whether it is there, which not every server looks at. */
  async function locate(
    { blobs, names, facts }: Server,
    path: string,
    { signal, sure }: CallOptions & { readonly sure: boolean },
  ): Promise<Result<ObjectBlob | undefined, PlaceFailure>> {
    const before = known.get(path)
    if (before !== undefined) {
      const [there, damaged] = await Promise.all([
        blobs.isThere(before.digest, signal),
        blobs.isThere(damageMark(facts, before.digest).digest, signal),
      ])
      if (!there.ok) return there
      if (!damaged.ok) return damaged
      if (there.value && !damaged.value) return ok(before)
      known.delete(path)
    }
    const files = await names.get(path, signal)
    if (!files.ok) return files
    if (files.value === undefined) return ok(undefined)
    const blob = files.value.get(objectFile)
    if (blob === undefined) return ok(emptyObject)
    if (sure) {
      const there = await blobs.isThere(blob.digest, signal)
      if (!there.ok || !there.value) return there.ok ? ok(undefined) : there
    }
    learn(path, blob)
    return ok(blob)
  }

  /** Learns where the objects are that a result needs, so that all can be asked for at once. */
  async function learnNeeds({ names }: Server, path: string, signal: AbortSignal | undefined): Promise<void> {
    const files = await names.get(needsOf(path), signal)
    if (!files.ok) return
    for (const [needed, blob] of files.value ?? []) if (!known.has(needed)) learn(needed, blob)
  }

  async function tellNeeds(
    { names }: Server,
    path: string,
    needs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Result<'set', PlaceFailure>> {
    const files = new Map<string, ObjectBlob>()
    for (const one of needs) {
      const blob = known.get(one)
      if (blob !== undefined) files.set(one, blob)
    }
    const prepared = await names.prepare(needsOf(path), signal)
    return prepared.ok ? names.set(needsOf(path), files, signal) : prepared
  }

  /** Says of the blob of an object that it is damaged: nothing is to stand in its place. */
  async function markDamaged(
    of: Server,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Result<undefined, PlaceFailure>> {
    const damaged = await locate(of, path, { ...(signal && { signal }), sure: false })
    if (!damaged.ok) return damaged
    if (damaged.value === undefined || damaged.value.sizeBytes === 0) return ok(undefined)
    const marked = await of.blobs.send(damageMark(of.facts, damaged.value.digest), signal)
    return marked.ok ? ok(undefined) : marked
  }

  async function upload(
    { facts, blobs, streams }: Server,
    source: ObjectSource,
    options: WriteOptions,
  ): Promise<Result<ObjectBlob, PlaceFailure>> {
    const { signal, onProgress } = options
    const sizeBytes = sizeOf(source)
    if (sizeBytes + behindBytes > facts.blobBytesMax)
      return err({ kind: 'refused', reason: `it takes no blobs of more than ${facts.blobBytesMax} bytes` })
    let behind: Uint8Array = new Uint8Array()
    let digest = await sourceDigest(facts.hashFunction, source, behind, signal)
    const [there, damaged] = await Promise.all([
      blobs.isThere(digest, signal),
      blobs.isThere(damageMark(facts, digest).digest, signal),
    ])
    if (!there.ok) return there
    if (!damaged.ok) return damaged
    if (there.value && !damaged.value) return ok({ digest, sizeBytes })
    if (damaged.value) {
      behind = randomBytes(behindBytes)
      digest = await sourceDigest(facts.hashFunction, source, behind, signal)
    }
    if (digest.sizeBytes <= blobs.smallMax) {
      const bytes = 'bytes' in source ? source.bytes : await readFile(source.path)
      const sent = await blobs.send({ digest, data: Buffer.concat([bytes, behind]) }, signal)
      if (!sent.ok) return sent
      onProgress?.(sizeBytes)
      return ok({ digest, sizeBytes })
    }
    const sent = await streams.write({ digest, source, behind }, options)
    return sent.ok ? ok({ digest, sizeBytes }) : sent
  }

  return ok({
    name,
    atOnce: 32,
    async stat(path, { signal } = {}) {
      const ready = await server(signal)
      if (!ready.ok) return ready
      const at = await locate(ready.value, path, { ...(signal && { signal }), sure: true })
      if (!at.ok) return at
      return ok(at.value === undefined ? undefined : { sizeBytes: at.value.sizeBytes })
    },
    async read(path, take, { from = 0, length = Number.POSITIVE_INFINITY, signal } = {}) {
      const ready = await server(signal)
      if (!ready.ok) return ready
      const [at] = await Promise.all([
        locate(ready.value, path, { ...(signal && { signal }), sure: false }),
        isResult(path) ? learnNeeds(ready.value, path, signal) : undefined,
      ])
      if (!at.ok) return at
      if (at.value === undefined) return ok('absent')
      const { digest, sizeBytes } = at.value
      if (from >= sizeBytes) return ok(from === 0 ? 'read' : 'absent')
      const wanted = Math.min(length, sizeBytes - from)
      const { blobs, streams } = ready.value
      const read =
        from === 0 && digest.sizeBytes <= blobs.smallMax
          ? await readSmall(ready.value, digest, { wanted, signal }, take)
          : await streams.read({ digest, from, length: wanted, signal }, take)
      if (read.ok && read.value === 'absent') known.delete(path)
      return read
    },
    async write(path, source, options = {}) {
      const { onlyNew = false, signal, needs = [] } = options
      const ready = await server(signal)
      if (!ready.ok) return ready
      const { names, facts } = ready.value
      if (!facts.takesResults) return err({ kind: 'refused', reason: 'its cache of actions takes nothing from here' })
      // Of a blob, the bytes are not sent again in any case.
      if (onlyNew && (isResult(path) || known.has(path))) {
        const there = await locate(ready.value, path, { ...(signal && { signal }), sure: true })
        if (!there.ok) return there
        if (there.value !== undefined) return ok('was-there')
      }
      const [sent, prepared, told] = await Promise.all([
        sizeOf(source) === 0 ? markDamaged(ready.value, path, signal) : upload(ready.value, source, options),
        names.prepare(path, signal),
        needs.length > 0 && needs.length <= needsMax ? tellNeeds(ready.value, path, needs, signal) : undefined,
      ])
      if (!sent.ok) return sent
      if (!prepared.ok) return prepared
      if (told?.ok === false) return told
      const set = await names.set(path, new Map(sent.value ? [[objectFile, sent.value]] : []), signal)
      if (!set.ok) return set
      if (sent.value === undefined) known.delete(path)
      else learn(path, sent.value)
      return ok('written')
    },
    async touch(path, { signal } = {}) {
      const ready = await server(signal)
      if (!ready.ok) return ready
      // To ask for something keeps it.
      const named = await ready.value.names.get(path, signal)
      if (!named.ok) return named
      if (isResult(path)) await ready.value.names.get(needsOf(path), signal)
      return ok(named.value === undefined ? 'absent' : 'touched')
    },
    async about({ signal } = {}) {
      const ready = await server(signal)
      if (!ready.ok) return ready
      const { hashFunction, offered, takesResults } = ready.value.facts
      return ok([
        { what: 'digests', ok: true, found: `${hashFunction}; it offers ${offered.join(', ')}` },
        {
          what: 'results',
          ok: true,
          found: takesResults
            ? 'its cache of actions takes results'
            : 'its cache of actions takes no results from here',
        },
      ])
    },
  })
}

const emptyObject: ObjectBlob = { digest: { hash: '', sizeBytes: 0 }, sizeBytes: 0 }

function isResult(path: string): boolean {
  return path.includes('/actions/')
}

function needsOf(path: string): string {
  return `${path}+needs`
}

/** The blob whose presence says that another one is damaged. */
function damageMark({ hashFunction }: ServerFacts, { hash, sizeBytes }: ServerDigest) {
  const data = Buffer.from(`reprise: the blob ${hash}/${sizeBytes} is damaged\n`)
  return { digest: serverDigest(hashFunction, data), data }
}

async function readSmall(
  { blobs }: Server,
  digest: ServerDigest,
  { wanted, signal }: { readonly wanted: number; readonly signal: AbortSignal | undefined },
  take: TakePiece,
): Promise<Result<'read' | 'absent', PlaceFailure>> {
  const got = await blobs.read(digest, signal)
  if (!got.ok) return got
  if (got.value === 'absent') return ok('absent')
  if (got.value.byteLength < digest.sizeBytes) return err({ kind: 'broken', reason: 'it sent less than it has' })
  // Of one that sends more, all is passed on, so that it shows.
  const end = got.value.byteLength > digest.sizeBytes ? got.value.byteLength : wanted
  for (let at = 0; at < end; at += pieceBytes) {
    await take(got.value.subarray(at, Math.min(at + pieceBytes, end)))
    signal?.throwIfAborted()
  }
  return ok('read')
}
