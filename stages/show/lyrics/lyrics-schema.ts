import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'

const timed = () => ({ text: z.string(), startS: z.number(), endS: z.number() })

/** The mouths of singing faces, as Preston Blair drew them and xLights names them. */
export const mouths = ['AI', 'E', 'O', 'U', 'etc', 'L', 'WQ', 'MBP', 'FV', 'rest'] as const

/** What is sung, when: lines, the words in them, and the shapes of the mouth in these. */
export const Lyrics = schema(() =>
  z.object({
    lines: z.array(
      z.object({
        ...timed(),
        words: z.array(
          z.object({
            ...timed(),
            /** 1 where the file says when the word is sung; less where that is guessed from the line. */
            confidence: z.number(),
            mouths: z.array(z.object({ mouth: z.enum(mouths), startS: z.number(), endS: z.number() })),
          }),
        ),
      }),
    ),
  }),
)
export type Lyrics = StandardSchemaV1.InferOutput<typeof Lyrics>
export type LyricLine = Lyrics['lines'][number]

/** How long a song lasts, as its file says: 0 where it does not. */
export const DurationS = schema(() => z.number())

/** What a song says of itself, and where its lyrics are. */
export const Tags = schema(() =>
  z.object({
    title: z.optional(z.string()),
    artist: z.optional(z.string()),
    album: z.optional(z.string()),
    durationS: z.number(),
    /** Lyrics with times: of a file that was passed, or of a tag of the song. */
    lyrics: z.nullable(z.object({ from: z.enum(['file', 'tag']), text: z.string() })),
  }),
)
export type Tags = StandardSchemaV1.InferOutput<typeof Tags>
