import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'

const line = () => z.optional(z.int())

/** Text as it is shown, and as it is spoken: without marks, addresses and emoji. */
const text = () => z.object({ shown: z.string(), spoken: z.string() })

const block = () =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('paragraph'), text: text(), line: line() }),
    z.object({ kind: z.literal('bullet'), text: text(), depth: z.int(), number: z.optional(z.int()), line: line() }),
    z.object({ kind: z.literal('quote'), text: text(), line: line() }),
    z.object({ kind: z.literal('code'), code: z.string(), language: z.optional(z.string()), line: line() }),
    z.object({ kind: z.literal('table'), rows: z.array(z.array(z.string())), line: line() }),
    z.object({ kind: z.literal('image'), path: z.string(), alt: z.string(), line: line() }),
  ])

const section = () =>
  z.object({
    title: z.optional(text()),
    blocks: z.array(block()),
    /** What is said instead of the text: speaker notes, or `say` of a script. */
    say: z.optional(z.string()),
    voice: z.optional(z.string()),
    /** Who says it in what it is a transcript of. */
    speaker: z.optional(z.string()),
    /** Silence after the scene, in seconds. */
    pauseS: z.optional(z.number()),
    /** How long the scene lasts at least, in seconds. */
    durationS: z.optional(z.number()),
    line: line(),
  })

/** What a document says, whatever it was written in: its sections in order, each with its blocks and directions. */
export const Document = schema(() =>
  z.object({
    title: z.optional(z.string()),
    language: z.optional(z.string()),
    voice: z.optional(z.string()),
    /** Voices by what the document calls them. */
    voices: z.optional(z.record(z.string(), z.string())),
    theme: z.optional(z.string()),
    sections: z.array(section()),
  }),
)
export type Document = StandardSchemaV1.InferOutput<typeof Document>
export type Section = Document['sections'][number]
export type Block = Section['blocks'][number]
export type DocumentText = Extract<Block, { kind: 'paragraph' }>['text']

/** Thrown where a document cannot be read: what is wrong, and where. */
export class DocumentError extends Error {
  constructor(message: string, place?: { readonly line: number; readonly column?: number }) {
    const where =
      place === undefined ? '' : `line ${place.line}${place.column === undefined ? '' : `, column ${place.column}`}: `
    super(where + message)
  }
}
