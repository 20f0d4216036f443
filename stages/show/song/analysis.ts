import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { noteNames } from '../../music/structure/key.ts'
import { schema } from '../../schema/schema.ts'

const part = () => z.number().check(z.gte(0), z.lte(1))
const seconds = () => z.number().check(z.gte(0))

const beat = () =>
  z.object({
    atS: seconds(),
    /** Which beat of its bar it is, from 1. */
    position: z.int().check(z.gte(1)),
    beatsPerBar: z.int().check(z.gte(1)),
    confidence: part(),
  })

/** The beats that were heard in a song, and how sure it is that there are any. */
export const HeardBeats = schema(() => z.object({ beats: z.array(beat()), steadiness: part() }))
export type HeardBeats = StandardSchemaV1.InferOutput<typeof HeardBeats>
export type Beat = HeardBeats['beats'][number]

const moment = () => z.object({ atS: seconds(), confidence: part() })
const stretch = () => z.object({ startS: seconds(), endS: seconds(), confidence: part() })

const analysis = () =>
  z.object({
    durationS: seconds(),
    tempo: z.object({
      /** Of the middle of all beats; 0 where there are none. */
      bpm: z.number(),
      /** Less than 0.2: the song has no steady beat. */
      confidence: part(),
      /** The tempo of each bar. */
      curve: z.array(z.object({ atS: seconds(), bpm: z.number() })),
    }),
    metre: z.object({ beatsPerBar: z.int(), confidence: part() }),
    key: z.nullable(z.object({ tonic: z.enum(noteNames), mode: z.enum(['major', 'minor']), confidence: part() })),
    beats: z.array(beat()),
    bars: z.array(z.object({ startS: seconds(), endS: seconds(), beats: z.int(), confidence: part() })),
    /** Two beats long where a bar has an even number of them. */
    halves: z.array(moment()),
    eighths: z.array(moment()),
    sections: z.array(
      z.object({
        startS: seconds(),
        endS: seconds(),
        /** Sections that sound alike have the same label. */
        label: z.string(),
        /** Which one of its label it is, from 1. */
        occurrence: z.int().check(z.gte(1)),
        /** From 0 to 1. */
        energy: part(),
        confidence: part(),
      }),
    ),
    onsets: z.object({ low: z.array(moment()), mid: z.array(moment()), high: z.array(moment()) }),
    /** Momentary loudness in LUFS, a value each `stepS` seconds. */
    loudness: z.object({ stepS: z.number(), lufs: z.array(z.number()) }),
    /** From 0 to 1, compared with the loudest part of the song; a value each `stepS` seconds. */
    energy: z.object({ stepS: z.number(), values: z.array(part()) }),
    impacts: z.array(moment()),
    drops: z.array(moment()),
    gaps: z.array(stretch()),
    /** Which of this a person has corrected. */
    corrected: z.object({ beats: z.boolean(), sections: z.boolean() }),
  })

/** What is known of a song: times in seconds from its start, each mark with a confidence from 0 to 1. */
export const Analysis = schema(analysis)
export type Analysis = StandardSchemaV1.InferOutput<typeof Analysis>
export type Section = Analysis['sections'][number]
