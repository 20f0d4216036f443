import { z } from 'zod'

export const Word = z.object({
  text: z.string(),
  startS: z.number(),
  endS: z.number(),
  /** From 0 to 1. */
  confidence: z.number(),
})
export type Word = Readonly<z.infer<typeof Word>>

/** What was said between two pauses. Times are seconds from the start of the film, or of its clip. */
export const Utterance = z.object({
  startS: z.number(),
  endS: z.number(),
  text: z.string(),
  words: z.array(Word),
})
export type Utterance = Readonly<z.infer<typeof Utterance>>

/** What was said in a film. */
export const Transcript = z.object({
  /** ISO 639-1, or 639-3 where there is none. */
  language: z.string(),
  durationS: z.number(),
  utterances: z.array(Utterance),
})
export type Transcript = z.infer<typeof Transcript>

/** What was said in a film, in another language. An utterance keeps its time; its words have none. */
export const Translation = z.object({
  language: z.string(),
  durationS: z.number(),
  /** Words that the translator did not know and left as they were. */
  unknownWords: z.number(),
  utterances: z.array(Utterance.omit({ words: true })),
})
export type Translation = z.infer<typeof Translation>

/** What is known of a film's audio. */
export const AudioInfo = z.object({ durationS: z.number() })
export type AudioInfo = z.infer<typeof AudioInfo>
