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
      files: z.object({ srt: z.string(), vtt: z.string(), ass: z.string(), ttml: z.string(), lrc: z.string() }),
    }),
  ),
)
export type TrackIndex = ValueOf<typeof TrackIndex>
export type Track = TrackIndex[number]

/** Returns the names of a track's files. */
export function filesOf(language: string): Track['files'] {
  const name = (format: string) => `${language}.${format}`
  return { srt: name('srt'), vtt: name('vtt'), ass: name('ass'), ttml: name('ttml'), lrc: name('lrc') }
}
