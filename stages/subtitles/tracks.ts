import { z } from 'zod'

/** The subtitles of one language: where each format is in the tree of tracks. */
export const Track = z.object({
  /** ISO 639-1, or 639-3 where there is none. */
  language: z.string(),
  /** The language's own name for itself. */
  title: z.string(),
  files: z.object({ srt: z.string(), vtt: z.string(), ass: z.string() }),
})
export type Track = z.infer<typeof Track>

/** Every track: what is spoken, then the translations as they were asked for. */
export const TrackIndex = z.array(Track)
export type TrackIndex = z.infer<typeof TrackIndex>
