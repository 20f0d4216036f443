/*
 * The messages of the Remote Execution API v2 and of ByteStream that a cache needs, with the fields that it needs, from
 * build/bazel/remote/execution/v2/remote_execution.proto, Copyright 2018 The Bazel Authors, and
 * google/bytestream/bytestream.proto and google/rpc/status.proto, Copyright Google LLC. Those are licensed under the Apache
 * License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0. Names are written as here; numbers are theirs.
 */

/** A blob as the server names it. */
export interface ServerDigest {
  readonly hash: string
  readonly sizeBytes: number
}

export interface RpcStatus {
  readonly code: number
  readonly message: string
}

/** A call to an instance; servers of one hash function only do not know the second field. */
interface Call {
  readonly instanceName: string
  readonly digestFunction: number
}

export interface OutputFile {
  readonly path: string
  readonly digest: ServerDigest | null
}

export interface ActionResult {
  readonly outputFiles: readonly OutputFile[]
}

/** How a method is called: its path, its request and its answer. */
export interface Method<Request, Answer> {
  readonly service: string
  readonly name: string
  /** Only for the types. */
  readonly takes?: Request
  readonly gives?: Answer
}

/** Where the messages are. */
export const v2 = 'build.bazel.remote.execution.v2'
const byteStream = 'google.bytestream.ByteStream'

function method<Request, Answer>(service: string, name: string): Method<Request, Answer> {
  return { service, name }
}

/** The methods that a cache needs. */
export const methods = {
  capabilities: method<
    { readonly instanceName: string },
    {
      readonly cacheCapabilities: {
        readonly digestFunctions: readonly number[]
        readonly actionCacheUpdateCapabilities: { readonly updateEnabled: boolean } | null
        readonly maxBatchTotalSizeBytes: number
        readonly maxCasBlobSizeBytes: number
      } | null
    }
  >(`${v2}.Capabilities`, 'GetCapabilities'),
  findMissing: method<
    Call & { readonly blobDigests: readonly ServerDigest[] },
    { readonly missingBlobDigests: readonly ServerDigest[] }
  >(`${v2}.ContentAddressableStorage`, 'FindMissingBlobs'),
  batchUpdate: method<
    Call & { readonly requests: readonly { readonly digest: ServerDigest; readonly data: Uint8Array }[] },
    { readonly responses: readonly { readonly digest: ServerDigest | null; readonly status: RpcStatus | null }[] }
  >(`${v2}.ContentAddressableStorage`, 'BatchUpdateBlobs'),
  batchRead: method<
    Call & { readonly digests: readonly ServerDigest[] },
    {
      readonly responses: readonly {
        readonly digest: ServerDigest | null
        readonly data: Uint8Array
        readonly status: RpcStatus | null
      }[]
    }
  >(`${v2}.ContentAddressableStorage`, 'BatchReadBlobs'),
  getResult: method<Call & { readonly actionDigest: ServerDigest }, ActionResult>(
    `${v2}.ActionCache`,
    'GetActionResult',
  ),
  updateResult: method<
    Call & { readonly actionDigest: ServerDigest; readonly actionResult: ActionResult },
    ActionResult
  >(`${v2}.ActionCache`, 'UpdateActionResult'),
  read: method<
    { readonly resourceName: string; readonly readOffset: number; readonly readLimit: number },
    { readonly data: Uint8Array }
  >(byteStream, 'Read'),
  write: method<
    {
      readonly resourceName: string
      readonly writeOffset: number
      readonly finishWrite: boolean
      readonly data: Uint8Array
    },
    { readonly committedSize: number }
  >(byteStream, 'Write'),
  writeStatus: method<
    { readonly resourceName: string },
    { readonly committedSize: number; readonly complete: boolean }
  >(byteStream, 'QueryWriteStatus'),
} as const

/** Hash functions by their numbers, as far as they are worth naming. */
export const functionNames: Readonly<Record<number, string>> = {
  1: 'SHA256',
  2: 'SHA1',
  3: 'MD5',
  5: 'SHA384',
  6: 'SHA512',
  7: 'MURMUR3',
  8: 'SHA256TREE',
  9: 'BLAKE3',
}

type Field = { readonly type: string; readonly id: number; readonly rule?: 'repeated' }

function field(type: string, id: number): Field {
  return { type, id }
}

function many(type: string, id: number): Field {
  return { type, id, rule: 'repeated' }
}

function message(fields: Readonly<Record<string, Field>>) {
  return { fields: { ...fields } }
}

function rpc(requestType: string, responseType: string, streams: { requestStream?: true; responseStream?: true } = {}) {
  return { requestType, responseType, comment: '', ...streams }
}

const status = '.google.rpc.Status'

/** The protocol as protobufjs takes it. */
export const protocol = {
  nested: {
    google: {
      nested: {
        rpc: { nested: { Status: message({ code: field('int32', 1), message: field('string', 2) }) } },
        bytestream: {
          nested: {
            ReadRequest: message({
              resourceName: field('string', 1),
              readOffset: field('int64', 2),
              readLimit: field('int64', 3),
            }),
            ReadResponse: message({ data: field('bytes', 10) }),
            WriteRequest: message({
              resourceName: field('string', 1),
              writeOffset: field('int64', 2),
              finishWrite: field('bool', 3),
              data: field('bytes', 10),
            }),
            WriteResponse: message({ committedSize: field('int64', 1) }),
            QueryWriteStatusRequest: message({ resourceName: field('string', 1) }),
            QueryWriteStatusResponse: message({ committedSize: field('int64', 1), complete: field('bool', 2) }),
            ByteStream: {
              methods: {
                Read: rpc('ReadRequest', 'ReadResponse', { responseStream: true }),
                Write: rpc('WriteRequest', 'WriteResponse', { requestStream: true }),
                QueryWriteStatus: rpc('QueryWriteStatusRequest', 'QueryWriteStatusResponse'),
              },
            },
          },
        },
      },
    },
    build: {
      nested: {
        bazel: {
          nested: {
            remote: {
              nested: {
                execution: {
                  nested: {
                    v2: {
                      nested: {
                        Digest: message({ hash: field('string', 1), sizeBytes: field('int64', 2) }),
                        Action: message({
                          commandDigest: field('Digest', 1),
                          inputRootDigest: field('Digest', 2),
                          salt: field('bytes', 9),
                        }),
                        Command: message({ arguments: many('string', 1), outputPaths: many('string', 7) }),
                        OutputFile: message({ path: field('string', 1), digest: field('Digest', 2) }),
                        ActionResult: message({ outputFiles: many('OutputFile', 2) }),
                        GetActionResultRequest: message({
                          instanceName: field('string', 1),
                          actionDigest: field('Digest', 2),
                          digestFunction: field('int32', 6),
                        }),
                        UpdateActionResultRequest: message({
                          instanceName: field('string', 1),
                          actionDigest: field('Digest', 2),
                          actionResult: field('ActionResult', 3),
                          digestFunction: field('int32', 5),
                        }),
                        ActionCache: {
                          methods: {
                            GetActionResult: rpc('GetActionResultRequest', 'ActionResult'),
                            UpdateActionResult: rpc('UpdateActionResultRequest', 'ActionResult'),
                          },
                        },
                        FindMissingBlobsRequest: message({
                          instanceName: field('string', 1),
                          blobDigests: many('Digest', 2),
                          digestFunction: field('int32', 3),
                        }),
                        FindMissingBlobsResponse: message({ missingBlobDigests: many('Digest', 2) }),
                        BlobToUpdate: message({ digest: field('Digest', 1), data: field('bytes', 2) }),
                        BatchUpdateBlobsRequest: message({
                          instanceName: field('string', 1),
                          requests: many('BlobToUpdate', 2),
                          digestFunction: field('int32', 5),
                        }),
                        UpdatedBlob: message({ digest: field('Digest', 1), status: field(status, 2) }),
                        BatchUpdateBlobsResponse: message({ responses: many('UpdatedBlob', 1) }),
                        BatchReadBlobsRequest: message({
                          instanceName: field('string', 1),
                          digests: many('Digest', 2),
                          digestFunction: field('int32', 4),
                        }),
                        ReadBlob: message({
                          digest: field('Digest', 1),
                          data: field('bytes', 2),
                          status: field(status, 3),
                        }),
                        BatchReadBlobsResponse: message({ responses: many('ReadBlob', 1) }),
                        ContentAddressableStorage: {
                          methods: {
                            FindMissingBlobs: rpc('FindMissingBlobsRequest', 'FindMissingBlobsResponse'),
                            BatchUpdateBlobs: rpc('BatchUpdateBlobsRequest', 'BatchUpdateBlobsResponse'),
                            BatchReadBlobs: rpc('BatchReadBlobsRequest', 'BatchReadBlobsResponse'),
                          },
                        },
                        GetCapabilitiesRequest: message({ instanceName: field('string', 1) }),
                        ActionCacheUpdateCapabilities: message({ updateEnabled: field('bool', 1) }),
                        CacheCapabilities: message({
                          digestFunctions: many('int32', 1),
                          actionCacheUpdateCapabilities: field('ActionCacheUpdateCapabilities', 2),
                          maxBatchTotalSizeBytes: field('int64', 4),
                          maxCasBlobSizeBytes: field('int64', 8),
                        }),
                        ServerCapabilities: message({ cacheCapabilities: field('CacheCapabilities', 1) }),
                        Capabilities: {
                          methods: { GetCapabilities: rpc('GetCapabilitiesRequest', 'ServerCapabilities') },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
}

/** The messages that are blobs of their own, by their names. */
export interface Encoded {
  readonly Action: {
    readonly commandDigest: ServerDigest
    readonly inputRootDigest: ServerDigest
    readonly salt: Uint8Array
  }
  readonly Command: { readonly arguments: readonly string[]; readonly outputPaths: readonly string[] }
}
