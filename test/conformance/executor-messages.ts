import { z } from 'zod'
import type { ExecutionEnd, ExecutionRequest } from '../../src/engine/execute/executor.ts'
import { isEnd, isRequest } from '../../src/executors/contract/messages.ts'

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
  z.strictObject({ kind: z.literal('execute'), id: z.number(), request: z.custom<ExecutionRequest>(isRequest) }),
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
  z.strictObject({ kind: z.literal('end'), id: z.number(), end: z.custom<ExecutionEnd>(isEnd) }),
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
