import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Client,
  ClientReadableStream,
  ClientWritableStream,
  CallOptions as GrpcCallOptions,
  Metadata,
} from '@grpc/grpc-js'
import type { MessageTypeDefinition, MethodDefinition, PackageDefinition } from '@grpc/proto-loader'
import { err, ok, type Result } from '../../contract/result.ts'
import type { PlaceFailure } from '../place/object-place.ts'
import { type CallFailure, callFailure } from './call-failure.ts'
import { type Encoded, type Method, methods, protocol, v2 } from './protocol.ts'

/** A server that does not take a connection in this time counts as away: a run must not wait for it. */
const connectMs = 1000
const defaultPatience: Patience = { answerMs: 15_000, idleMs: 30_000, firstWaitMs: 200 }
/** How often a call is made at the most. One object takes several: were all made again, one of them might fail each time. */
const attemptsMax = 3
/** A message of more bytes was not asked for. */
const messageBytesMax = 16 * 1024 * 1024

/** How long a server is waited for that took a connection. */
export interface Patience {
  /** In this time it answers, or counts as away. */
  readonly answerMs: number
  /** A transfer that moves no byte for so long is broken off. */
  readonly idleMs: number
  /** The wait before a call that broke is made again; it doubles. */
  readonly firstWaitMs: number
}

export interface GrpcTarget {
  /** `host:port`. */
  readonly address: string
  readonly isTls: boolean
  /** What goes along with each call, such as who calls. */
  readonly headers: Readonly<Record<string, string>>
  readonly patience?: Patience
}

export interface UnaryOptions {
  readonly signal?: AbortSignal | undefined
  /** How many times as long as others the answer may take, where more is moved than a few numbers. */
  readonly slowness?: number
}

/** A server of gRPC. Its calls fail as data; one that is aborted rejects with the signal's reason. */
export interface GrpcClient {
  readonly patience: Patience
  call<Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    options?: UnaryOptions,
  ): Promise<Result<Answer, CallFailure>>
  /** Begins to read a stream, once there is a connection. */
  receive<Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
  ): Promise<Result<ClientReadableStream<Answer>, PlaceFailure>>
  /** Begins to write a stream; the answer comes when it ends, or before. */
  transmit<Request, Answer>(
    method: Method<Request, Answer>,
  ): Promise<
    Result<
      { readonly stream: ClientWritableStream<Request>; readonly answer: Promise<Result<Answer, CallFailure>> },
      PlaceFailure
    >
  >
  encode<Name extends keyof Encoded>(name: Name, message: Encoded[Name]): Uint8Array
}

/**
 * Loads the packages of gRPC, which are the user's choice, and returns the client of a server, or how to install them.
 * This is the one file that imports them.
 */
export async function createGrpcClient(target: GrpcTarget): Promise<Result<GrpcClient, string>> {
  try {
    const [grpc, { fromJSON }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
    const definitions = fromJSON(protocol, { longs: Number, defaults: true, arrays: true, objects: true })
    return ok(clientOf(grpc, definitions, target))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /MODULE_NOT_FOUND/.test(String(error.code)))) throw error
    return err(
      'a server of the Remote Execution API needs two packages; install them with: npm install @grpc/grpc-js @grpc/proto-loader',
    )
  }
}

function clientOf(
  grpc: typeof import('@grpc/grpc-js'),
  definitions: PackageDefinition,
  { address, isTls, headers, patience = defaultPatience }: GrpcTarget,
): GrpcClient {
  const credentials = isTls ? grpc.credentials.createSsl() : grpc.credentials.createInsecure()
  let made: Client | undefined
  const client = () => {
    made ??= new grpc.Client(address, credentials, {
      'grpc.max_receive_message_length': messageBytesMax,
      // Two in one process may talk to the same address as different users.
      'grpc.use_local_subchannel_pool': 1,
      // A connection that broke is made anew as soon as somebody asks.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    })
    return made
  }

  function metadata(): Metadata {
    const sent = new grpc.Metadata()
    for (const [name, value] of Object.entries(headers)) sent.set(name, value)
    return sent
  }

  function definitionOf<Request, Answer>({ service, name }: Method<Request, Answer>) {
    const found = definitions[service]
    const definition = found !== undefined && !('format' in found) ? found[name] : undefined
    if (definition === undefined) throw new TypeError(`the protocol has no ${service}.${name}`)
    return typed<Request, Answer>(definition)
  }

  async function connected(): Promise<PlaceFailure | undefined> {
    const isReady = await new Promise<boolean>((resolve) =>
      client().waitForReady(Date.now() + connectMs, (error) => resolve(error === undefined)),
    )
    if (isReady) return undefined
    // Only a call that fails says why.
    const asked = await unary(methods.capabilities, { instanceName: '' }, { slowness: 0.01 })
    const reason = asked.ok || asked.error.kind === 'absent' ? '' : asked.error.reason
    if (/certificate|self.signed|altnames|TLS|SSL/i.test(reason))
      return { kind: 'unavailable', reason: 'its certificate is not trusted, or it speaks without TLS' }
    const code = /\bE[A-Z]{4,}\b/.exec(reason)?.[0]
    return { kind: 'unavailable', reason: code === undefined ? 'it does not answer' : `it cannot be reached (${code})` }
  }

  function unary<Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    options: UnaryOptions,
  ): Promise<Result<Answer, CallFailure>> {
    const { path, serialize, deserialize } = definitionOf(method)
    const { signal } = options
    const callOptions: GrpcCallOptions = { deadline: Date.now() + patience.answerMs * (options.slowness ?? 1) }
    return new Promise((resolve) => {
      const call = client().makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        metadata(),
        callOptions,
        (error, answer) => {
          signal?.removeEventListener('abort', abort)
          if (error !== null) resolve(err(callFailure(error.code, error.details)))
          else if (answer === undefined) resolve(err({ kind: 'broken', reason: 'it answers nothing' }))
          else resolve(ok(answer))
        },
      )
      const abort = () => call.cancel()
      // As many calls listen as are under way; Node would warn of a leak beyond ten.
      if (signal !== undefined) setMaxListeners(0, signal)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  return {
    patience,
    async call(method, request, options = {}) {
      const { signal } = options
      for (let attempt = 1; ; attempt++) {
        signal?.throwIfAborted()
        const away = await connected()
        signal?.throwIfAborted()
        if (away !== undefined) return err(away)
        const answered = await unary(method, request, options)
        signal?.throwIfAborted()
        if (answered.ok || answered.error.kind !== 'broken' || attempt >= attemptsMax) return answered
        // Half of the wait is by chance, so that many clients do not come back at once.
        const waitMs = patience.firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
        await sleep(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
      }
    },
    async receive(method, request) {
      const away = await connected()
      if (away !== undefined) return err(away)
      const { path, serialize, deserialize } = definitionOf(method)
      return ok(client().makeServerStreamRequest(path, serialize, deserialize, request, metadata(), {}))
    },
    async transmit<Request, Answer>(method: Method<Request, Answer>) {
      const away = await connected()
      if (away !== undefined) return err(away)
      const { path, serialize, deserialize } = definitionOf(method)
      let answered: (answer: Result<Answer, CallFailure>) => void = () => {}
      const answer = new Promise<Result<Answer, CallFailure>>((resolve) => {
        answered = resolve
      })
      const stream = client().makeClientStreamRequest(path, serialize, deserialize, metadata(), {}, (error, value) => {
        if (error !== null) answered(err(callFailure(error.code, error.details)))
        else if (value === undefined) answered(err({ kind: 'broken', reason: 'it answers nothing' }))
        else answered(ok(value))
      })
      // The answer says the same.
      stream.on('error', () => {})
      return ok({ stream, answer })
    },
    encode(name, message) {
      const definition = definitions[`${v2}.${name}`]
      if (definition === undefined || !isMessage(definition)) throw new TypeError(`the protocol has no ${name}`)
      return definition.serialize(message)
    },
  }
}

function isMessage(definition: PackageDefinition[string]): definition is MessageTypeDefinition<object, object> {
  return 'serialize' in definition
}

/** What protobufjs decodes has the types of the protocol, which are those of the method. */
function typed<Request, Answer>(definition: MethodDefinition<object, object>) {
  return {
    path: definition.path,
    serialize: (request: Request): Buffer => definition.requestSerialize(Object(request)),
    deserialize: (bytes: Buffer): Answer => definition.responseDeserialize(bytes) as Answer,
  }
}
