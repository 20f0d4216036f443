import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'

const rules = () =>
  z.object({
    maxLineChars: z.number(),
    maxLines: z.number(),
    charsPerSecond: z.number(),
    minCueS: z.number(),
    maxCueS: z.number(),
    cueGapS: z.number(),
    closeGapS: z.optional(z.number()),
  })

const finding = () =>
  z.object({
    /** Counted from 1, as in SRT. */
    cue: z.int(),
    startMs: z.int(),
    rule: z.enum(['line length', 'lines', 'reading speed', 'too short', 'too long', 'gap', 'shot change']),
    message: z.string(),
    why: z.optional(z.string()),
    /** What the cue says. */
    text: z.string(),
  })

const spokenTerm = () =>
  z.object({
    term: z.string(),
    said: z.int(),
    /** How often it is spelled as in the glossary. */
    spelled: z.int(),
    otherwise: z.array(z.object({ cue: z.int(), text: z.string() })),
  })

/** How the cues of every track keep to the rules of a profile. */
export const QualityReport = schema(() =>
  z.object({
    profile: z.string(),
    title: z.string(),
    source: z.string(),
    tracks: z.array(
      z.object({
        language: z.string(),
        title: z.string(),
        cues: z.int(),
        /** Cues of which every rule holds. */
        within: z.int(),
        rules: rules(),
        /** Reading speed of the cues in the middle and at the 95th percentile, in characters a second. */
        speed: z.object({ median: z.number(), p95: z.number() }),
        findings: z.array(finding()),
      }),
    ),
    /** The terms of the glossary in what is said, in the order of the glossary. */
    terms: z.array(spokenTerm()),
  }),
)
export type QualityReport = ValueOf<typeof QualityReport>
export type TrackQuality = QualityReport['tracks'][number]
