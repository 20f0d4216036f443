import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'

const list = <T extends z.ZodMiniType>(item: T) => z.readonly(z.array(item))

/** A cue in a file of corrections. Times are whole milliseconds from the start of the film, not of a clip. */
const cue = () => z.object({ startMs: z.int(), endMs: z.int(), lines: list(z.string()) })

/**
 * One correction of a person: `cues` stand in place of `base`, what was computed when the person made it. Without `base`
 * it adds cues; without `cues` it deletes them; with several it splits or joins cues.
 */
const correction = () => z.object({ base: list(cue()), cues: list(cue()) })

/** What people corrected in the tracks of a film, by language: the content of `corrections.json` in a job. */
export const Corrections = schema(() =>
  z.object({ version: z.literal(1), tracks: z.record(z.string(), list(correction())) }),
)
export type Corrections = ValueOf<typeof Corrections>
export type Correction = Corrections['tracks'][string][number]

/** Some corrections of one track. */
export const TrackCorrections = schema(() => list(correction()))

/** What became of one correction when it was merged with what is computed now. */
const mergedCorrection = () =>
  z.object({
    /** Its place in the list of its track, counted from 0. */
    correction: z.int(),
    /**
     * `applied`: it is in the track. `agreed`: what is computed now says the same. `conflict`: what is computed changed at
     * the same place; the track shows what the person wrote. `outside`: it lies outside of the clip, or after the film.
     */
    state: z.enum(['applied', 'agreed', 'conflict', 'outside']),
    /** In what it conflicts: the words, the times, the cut into cues, or because nothing is said there now. */
    about: list(z.enum(['words', 'times', 'cut', 'place'])),
    /** What was computed when the person made the correction, what the person made of it, and what is computed now. */
    base: list(cue()),
    yours: list(cue()),
    now: list(cue()),
  })

/**
 * A track, piece by piece: what is computed, and what is shown for it. The cues of all pieces are the track. Where a
 * piece has corrections, these made the difference. Times are from the start of the clip.
 */
export const MergedTracks = schema(() =>
  list(
    z.object({
      language: z.string(),
      /** Where the clip starts in the film: added to a time, it gives one for `Corrections`. */
      offsetMs: z.int(),
      durationMs: z.int(),
      maxLineChars: z.number(),
      pieces: list(z.object({ computed: list(cue()), shown: list(cue()), corrections: list(z.int()) })),
      corrections: list(mergedCorrection()),
    }),
  ),
)
export type MergedTracks = ValueOf<typeof MergedTracks>
export type MergedTrack = MergedTracks[number]
export type MergedCorrection = MergedTrack['corrections'][number]
export type Piece = MergedTrack['pieces'][number]
export type ConflictAbout = MergedCorrection['about'][number]

/** How many corrections the tracks show, how many of the others conflict, and how many lie outside of the clip. */
export const CorrectionCounts = schema(() => z.object({ applied: z.int(), conflicts: z.int(), outside: z.int() }))
export type CorrectionCounts = ValueOf<typeof CorrectionCounts>

/** Counts what became of corrections. */
export function correctionCounts(tracks: MergedTracks): CorrectionCounts {
  const states = tracks.flatMap(({ corrections }) => corrections.map(({ state }) => state))
  const count = (wanted: MergedCorrection['state']) => states.filter((state) => state === wanted).length
  return {
    applied: count('applied') + count('agreed'),
    conflicts: count('conflict'),
    outside: count('outside'),
  }
}
