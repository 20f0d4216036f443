import { z } from 'zod'
import type { ExecutionEnd, ExecutionRequest } from '../../src/engine/execute/executor.ts'

const digest = z.strictObject({ hash: z.string(), sizeBytes: z.number() })
const artifactFields = {
  kind: z.enum(['file', 'tree', 'json']),
  digest,
  sizeBytes: z.number(),
  executable: z.boolean().optional(),
}
const storedArtifact = z.strictObject(artifactFields)
const requestedArtifact = z.strictObject({ ...artifactFields, text: z.string().optional() })
const cost = z.strictObject({
  durationMs: z.number(),
  peakRssBytes: z.number().optional(),
  cpuTimeMs: z.number().optional(),
})

const requestSchema = z.strictObject({
  key: z.string(),
  action: z.looseObject({
    runner: z.number(),
    stage: z.strictObject({ name: z.string(), version: z.number() }),
    params: z.record(z.string(), z.json()),
    inputs: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()])),
    device: z.enum(['cpu', 'cuda', 'mps']),
    tools: z.record(z.string(), z.json()),
  }),
  step: z.string(),
  attempt: z.number(),
  stage: z.strictObject({
    name: z.string(),
    version: z.number(),
    module: z.string().optional(),
    export: z.string().optional(),
  }),
  inputs: z.record(
    z.string(),
    z.strictObject({
      path: z.string(),
      artifact: z.union([requestedArtifact, z.array(requestedArtifact), z.null()]),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ kind: artifactFields.kind, path: z.string() })),
  fresh: z.literal(true).optional(),
  gpus: z.array(z.string()),
  limits: z.strictObject({ timeoutMs: z.number().optional(), killGraceMs: z.number(), memoryRung: z.number() }),
})

const endSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('executed'),
    outputs: z.record(z.string(), storedArtifact),
    cost,
    ran: z.strictObject({ device: z.enum(['cpu', 'cuda', 'mps']), tools: z.record(z.string(), z.string()) }),
  }),
  z.strictObject({ kind: z.literal('failed'), failure: z.looseObject({ kind: z.string() }), cost }),
  z.strictObject({ kind: z.literal('cancelled') }),
])

/** Checks that a value is a request, and has nothing that no request has. */
export function isRequest(value: unknown): value is ExecutionRequest {
  return requestSchema.safeParse(value).success
}

/** Checks that a value is an end, and has nothing that no end has. */
export function isEnd(value: unknown): value is ExecutionEnd {
  return endSchema.safeParse(value).success
}

/** What the one who asks sends, as JSON. */
export type AskerMessage =
  | { readonly kind: 'execute'; readonly id: number; readonly request: ExecutionRequest }
  | { readonly kind: 'cancel'; readonly id: number }

/** What the one who executes answers, as JSON. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly id: number; readonly fraction: number; readonly note?: string }
  | { readonly kind: 'log' | 'tool-line' | 'warning'; readonly id: number; readonly line: string }
  | { readonly kind: 'end'; readonly id: number; readonly end: ExecutionEnd }

const askerMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('execute'), id: z.number(), request: requestSchema }),
  z.strictObject({ kind: z.literal('cancel'), id: z.number() }),
])
const workerMessage = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('progress'),
    id: z.number(),
    fraction: z.number(),
    note: z.string().optional(),
  }),
  z.strictObject({ kind: z.enum(['log', 'tool-line', 'warning']), id: z.number(), line: z.string() }),
  z.strictObject({ kind: z.literal('end'), id: z.number(), end: endSchema }),
])

function isAskerMessage(value: unknown): value is AskerMessage {
  return askerMessage.safeParse(value).success
}

function isWorkerMessage(value: unknown): value is WorkerMessage {
  return workerMessage.safeParse(value).success
}

/** Returns the message that a text is; throws on any other. */
export function askerMessageOf(text: unknown): AskerMessage {
  const message: unknown = JSON.parse(String(text))
  if (!isAskerMessage(message)) throw new TypeError(`not a message of one who asks: ${String(text)}`)
  return message
}

/** Returns the message that a text is; throws on any other. */
export function workerMessageOf(text: unknown): WorkerMessage {
  const message: unknown = JSON.parse(String(text))
  if (!isWorkerMessage(message)) throw new TypeError(`not a message of one who executes: ${String(text)}`)
  return message
}
