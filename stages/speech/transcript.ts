import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'

const word = () =>
  z.object({
    text: z.string(),
    startS: z.number(),
    endS: z.number(),
    /** From 0 to 1. */
    confidence: z.number(),
    /** Who says it, where that was found out: `1` for who speaks first. */
    speaker: z.optional(z.string()),
  })

/** An utterance without its words. */
const spokenText = () =>
  z.object({ startS: z.number(), endS: z.number(), text: z.string(), speaker: z.optional(z.string()) })

/** What was said in a film. Times are seconds from the start of the film, or of its clip. */
export const Transcript = schema(() =>
  z.object({
    /** ISO 639-1, or 639-3 where there is none. */
    language: z.string(),
    durationS: z.number(),
    /** What was said between two pauses, in order. */
    utterances: z.array(z.extend(spokenText(), { words: z.array(word()) })),
  }),
)
export type Transcript = ValueOf<typeof Transcript>
export type Utterance = Transcript['utterances'][number]
export type Word = Utterance['words'][number]

/** What was said in a film, in another language. An utterance keeps its time; its words have none. */
export const Translation = schema(() =>
  z.object({
    language: z.string(),
    durationS: z.number(),
    /** Words that the translator did not know and left as they were. */
    unknownWords: z.number(),
    utterances: z.array(spokenText()),
  }),
)
export type Translation = ValueOf<typeof Translation>

/** Facts about a film's audio. */
export const AudioInfo = schema(() => z.object({ durationS: z.number() }))
export type AudioInfo = ValueOf<typeof AudioInfo>
