import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'

/** Every track of subtitles: what is spoken, then the translations as they were asked for. */
export const TrackIndex = schema(() =>
  z.array(
    z.object({
      /** ISO 639-1, or 639-3 where there is none. */
      language: z.string(),
      /** The language's own name for itself. */
      title: z.string(),
      /** Where each format is in the tree of tracks. */
      files: z.object({ srt: z.string(), vtt: z.string(), ass: z.string() }),
    }),
  ),
)
export type TrackIndex = ValueOf<typeof TrackIndex>
export type Track = TrackIndex[number]
