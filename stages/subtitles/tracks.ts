import * as z from 'zod/mini'
import { endingOf, type WrittenFormat } from '../cues/formats/write-subtitles.ts'
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
      files: z.intersection(z.object({ srt: z.string() }), z.record(z.string(), z.string())),
    }),
  ),
)
export type TrackIndex = ValueOf<typeof TrackIndex>
export type Track = TrackIndex[number]

/** What is written unless other formats are asked for. */
const usualFormats = ['srt', 'vtt', 'ass', 'ttml', 'lrc'] as const

/** Returns the names of a track's files in some formats; SRT is always there, for other steps. */
export function filesOf(language: string, formats: readonly WrittenFormat[] = usualFormats): Track['files'] {
  const others = formats.map((format) => [format, `${language}.${endingOf(format)}`])
  return { ...Object.fromEntries(others), srt: `${language}.srt` }
}
