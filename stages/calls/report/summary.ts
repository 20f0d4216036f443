import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'
import { soundKinds } from '../results/hearing.ts'

const loudness = () => z.object({ integratedLufs: z.nullable(z.number()), truePeakDb: z.nullable(z.number()) })

const side = () =>
  z.object({
    /** The file, and its channel. */
    path: z.string(),
    channel: z.int(),
    label: z.string(),
    talkS: z.number(),
    /** Of the time that anyone speaks, from 0 to 1. */
    talkShare: z.number(),
    longestTurnS: z.number(),
    /** How loud it was in the recording; null for silence. */
    integratedLufs: z.nullable(z.number()),
    gainDb: z.number(),
    /** In seconds of the call as recorded. */
    segments: z.array(z.object({ kind: z.enum(soundKinds), fromS: z.number(), toS: z.number() })),
    waveform: z.string(),
    stretchS: z.number(),
    startS: z.number(),
  })

const span = () => z.object({ fromS: z.number(), toS: z.number() })

/** What the report says. */
export const Summary = schema(() =>
  z.object({
    calls: z.array(
      z.object({
        id: z.string(),
        startedAt: z.optional(z.string()),
        /** Why there is no finished call. */
        problem: z.optional(z.string()),
        files: z.array(
          z.object({ path: z.string(), format: z.string(), durationS: z.number(), mended: z.array(z.string()) }),
        ),
        pairedBy: z.optional(z.string()),
        alignment: z.optional(
          z.object({
            by: z.string(),
            confidence: z.number(),
            startS: z.array(z.number()),
            driftPpm: z.array(z.number()),
          }),
        ),
        /** As recorded. */
        lengthS: z.number(),
        /** Of the finished call. */
        finishedS: z.number(),
        /** Where it is in the mix. */
        mixAtS: z.nullable(z.number()),
        level: z.optional(
          z.object({
            before: loudness(),
            after: loudness(),
            gainDb: z.number(),
            mode: z.string(),
            limitedBy: z.optional(z.string()),
          }),
        ),
        sides: z.array(side()),
        /** The tones of the network, in seconds of the call as recorded. */
        tones: z.array(
          z.object({
            side: z.int(),
            kind: z.string(),
            keys: z.optional(z.string()),
            countries: z.array(z.string()),
            otherwise: z.array(z.string()),
            fromS: z.number(),
            toS: z.number(),
            hz: z.array(z.number()),
            cadence: z.array(z.number()),
            snrDb: z.number(),
          }),
        ),
        /** What was cut out of the call, and the tones that were made, in seconds. */
        cutS: z.number(),
        madeS: z.number(),
        /** Both sides speak. */
        overlaps: z.array(span()),
        overlapS: z.number(),
        /** How often a side began while the other was speaking, and went on alone. */
        interruptions: z.int(),
        deadAir: z.array(span()),
        deadAirS: z.number(),
        silenceS: z.number(),
        musicS: z.number(),
      }),
    ),
    passedOver: z.array(z.object({ path: z.string(), problem: z.string() })),
    mix: z.object({
      lengthS: z.number(),
      before: loudness(),
      after: loudness(),
      gainDb: z.number(),
      limitedBy: z.optional(z.string()),
      targetLufs: z.number(),
    }),
    totals: z.object({ recordings: z.int(), calls: z.int(), mended: z.int(), limited: z.int(), lengthS: z.number() }),
  }),
)
export type Summary = ValueOf<typeof Summary>
export type CallSummary = Summary['calls'][number]
export type SideSummary = CallSummary['sides'][number]
