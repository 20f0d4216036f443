import { z } from 'zod'
import { isAnswer, isOrder, isReport, parsedJson } from '../contract/messages.ts'
import type { Order, OrderAnswer, OrderReport } from '../contract/order.ts'

/** What the worker says to the process of a slot. */
export type ToSlot =
  | { readonly kind: 'perform'; readonly order: Order; readonly gpus: readonly string[] }
  | { readonly kind: 'cancel' }

/** What the process of a slot says to the worker. */
export type FromSlot =
  /** It is ready, with these tools: versions by name, null for one that is not there. */
  | {
      readonly kind: 'ready'
      readonly tools: Readonly<Record<string, string | null>>
      readonly sources: Readonly<Record<string, string>>
      readonly pipelines: readonly string[]
    }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'report'; readonly report: OrderReport }
  | { readonly kind: 'answer'; readonly answer: OrderAnswer }

const toSlot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('perform'), order: z.custom<Order>(isOrder), gpus: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('cancel') }),
])
const fromSlot = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ready'),
    tools: z.record(z.string(), z.string().nullable()),
    sources: z.record(z.string(), z.string()),
    pipelines: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal('unusable'), message: z.string() }),
  z.strictObject({ kind: z.literal('report'), report: z.custom<OrderReport>(isReport) }),
  z.strictObject({ kind: z.literal('answer'), answer: z.custom<OrderAnswer>(isAnswer) }),
])

/** Returns the message to a slot that a text is; throws on any other, since both sides are of one build. */
export function toSlotOf(text: unknown): ToSlot {
  return toSlot.parse(parsedJson(String(text)))
}

/** Returns the message of a slot that a text is; undefined for any other, which the code of a stage may send. */
export function fromSlotOf(text: unknown): FromSlot | undefined {
  return fromSlot.safeParse(parsedJson(String(text))).data
}
