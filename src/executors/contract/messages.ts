import { z } from 'zod'
import { type Failure, isFailure } from '../../core/index.ts'
import type { ExecutionEnd, ExecutionRequest } from '../../engine/execute/executor.ts'
import type { Offer } from './offer.ts'
import { type AnswerSeal, type Order, type OrderAnswer, type OrderReport, orderVersion } from './order.ts'

const digest = z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.number().int().min(0) })
const artifactFields = {
  kind: z.enum(['file', 'tree', 'json']),
  digest,
  sizeBytes: z.number(),
  executable: z.boolean().optional(),
  modes: z.record(z.string(), z.number()).optional(),
}
const storedArtifact = z.strictObject(artifactFields)
const requestedArtifact = z.strictObject({ ...artifactFields, text: z.string().optional() })
const requestedItem = z.union([
  z.strictObject({ item: z.string(), artifact: requestedArtifact }),
  z.strictObject({ item: z.string(), failure: z.looseObject({ kind: z.string(), message: z.string() }) }),
])
const devices = z.enum(['cpu', 'cuda', 'mps'])
const key = z.string().regex(/^[0-9a-f]{64}$/)

const requestFields = {
  key,
  action: z.looseObject({
    runner: z.number(),
    stage: z.strictObject({ name: z.string(), version: z.number() }),
    params: z.record(z.string(), z.json()),
    inputs: z.record(z.string(), z.json()),
    device: devices,
    tools: z.record(z.string(), z.json()),
  }),
  step: z.string(),
  attempt: z.number(),
  inputs: z.record(
    z.string(),
    z.strictObject({
      path: z.string(),
      artifact: z.union([
        requestedArtifact,
        z.array(requestedArtifact),
        z.strictObject({ items: z.array(requestedItem) }),
        z.null(),
      ]),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ kind: artifactFields.kind, path: z.string() })),
  fresh: z.literal(true).optional(),
  limits: z.strictObject({ timeoutMs: z.number().optional(), killGraceMs: z.number(), memoryRung: z.number() }),
}
const stageName = { name: z.string(), version: z.number(), export: z.string().optional() }
const requestSchema = z.strictObject({
  ...requestFields,
  gpus: z.array(z.string()),
  stage: z.strictObject({ ...stageName, module: z.string().optional() }),
})

const cost = z.strictObject({
  durationMs: z.number(),
  peakRssBytes: z.number().optional(),
  cpuTimeMs: z.number().optional(),
})
const endSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('executed'),
    outputs: z.record(z.string(), storedArtifact),
    cost,
    ran: z.strictObject({ device: devices, tools: z.record(z.string(), z.string()) }),
  }),
  z.strictObject({ kind: z.literal('failed'), failure: z.custom<Failure>(isFailure), cost }),
  z.strictObject({ kind: z.literal('cancelled') }),
])

const sealFields = { signer: z.string(), signature: z.string() }
const answerSealSchema = z.strictObject({ ...sealFields, nonce: z.string(), at: z.string() })

const orderSchema = z.strictObject({
  v: z.literal(orderVersion),
  id: z.string().regex(/^[0-9a-f]{16,64}$/),
  pipeline: z.string(),
  params: z.record(z.string(), z.json()),
  pool: z.string(),
  slots: z.number().int().min(1),
  priority: z.number(),
  run: z.string(),
  from: z.string(),
  request: z.strictObject({ ...requestFields, stage: z.strictObject(stageName) }),
  nonce: z.string(),
  given: z.string(),
  notFor: z.array(z.string()),
  seal: z.strictObject(sealFields).optional(),
})

const line = z.string()
const reportSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('progress'), fraction: z.number(), note: z.string().optional() }),
  z.strictObject({ kind: z.enum(['log', 'tool-line', 'warning']), line }),
])

const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ended'), end: endSchema, how: z.enum(['executed', 'cached']) }),
  z.strictObject({ kind: z.literal('refused'), differences: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('untrusted'), signer: z.string().optional(), message: z.string() }),
  z.strictObject({ kind: z.literal('not-transferred'), message: z.string() }),
  z.strictObject({ kind: z.literal('crashed'), message: z.string() }),
])

const offerSchema = z.looseObject({
  v: z.number(),
  worker: z.string(),
  host: z.string(),
  pool: z.string(),
  slots: z.number(),
  device: devices,
  gpu: z.string().optional(),
  reprise: z.string(),
  node: z.string(),
  platform: z.string(),
  tools: z.record(z.string(), z.string().nullable()),
  sources: z.record(z.string(), z.string()).optional(),
  pipelines: z.array(z.string()),
  since: z.string(),
})

/** Checks that a value is a request, and has nothing that no request has. */
export function isRequest(value: unknown): value is ExecutionRequest {
  return requestSchema.safeParse(value).success
}

/** Checks that a value is the end of an execution, and has nothing that no end has. */
export function isEnd(value: unknown): value is ExecutionEnd {
  return endSchema.safeParse(value).success
}

/** Checks that a value is an order of this version, and has nothing that no order has. */
export function isOrder(value: unknown): value is Order {
  return orderSchema.safeParse(value).success
}

/** Checks that a value is what a worker tells while it performs an order. */
export function isReport(value: unknown): value is OrderReport {
  return reportSchema.safeParse(value).success
}

/** Checks that a value is what a worker answers. */
export function isAnswer(value: unknown): value is OrderAnswer {
  return answerSchema.safeParse(value).success
}

/** Checks that a value is an offer; one of a later version may say more. */
export function isOffer(value: unknown): value is Offer {
  return offerSchema.safeParse(value).success
}

/** Returns the seal of an answer, or nothing where a value is none. */
export function answerSealOf(value: unknown): { readonly seal?: AnswerSeal } {
  const parsed = answerSealSchema.safeParse(value)
  return parsed.success ? { seal: parsed.data } : {}
}

/** Returns the JSON value of a text, or undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
