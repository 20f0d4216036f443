import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'

const element = () =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('text'), text: z.string() }),
    z.object({ kind: z.literal('bullet'), text: z.string(), depth: z.int(), number: z.optional(z.int()) }),
    z.object({ kind: z.literal('quote'), text: z.string() }),
    z.object({ kind: z.literal('code'), code: z.string(), language: z.optional(z.string()) }),
    z.object({ kind: z.literal('table'), rows: z.array(z.array(z.string())) }),
    /** `name` is that of its file; the size in pixels. */
    z.object({ kind: z.literal('image'), name: z.string(), width: z.int(), height: z.int() }),
    z.object({ kind: z.literal('comparison'), rows: z.array(z.array(z.string())) }),
  ])

export const pictureKinds = [
  'title',
  'text',
  'bullets',
  'code',
  'quote',
  'table',
  'comparison',
  'image',
  'closing',
] as const

const picture = () =>
  z.object({
    kind: z.enum(pictureKinds),
    title: z.optional(z.string()),
    elements: z.array(element()),
  })

/** What a scene shows: a title, and elements that come in one after the other. */
export const Picture = schema(picture)
export type Picture = StandardSchemaV1.InferOutput<typeof Picture>
export type PictureElement = Picture['elements'][number]
export { picture as pictureShape }
