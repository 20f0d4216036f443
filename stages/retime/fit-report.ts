import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'

const score = () =>
  z.object({
    /** How much likelier the places of the cues are than any others, by what is heard, in nats. */
    nats: z.number(),
    /** How much of the time of the cues has voice, from 0 to 1. */
    voiced: z.number(),
    /** How much more voice there is just after cues begin than just before, from -1 to 1. */
    onsets: z.number(),
  })

/** What was done to a subtitle file, and why. Times are in seconds. */
export const FitReport = schema(() =>
  z.object({
    /** `right`: it was right as it is; `unclear`: nothing fits better for sure. Both leave every byte as it was. */
    verdict: z.enum(['right', 'fitted', 'unclear']),
    /** The same in a sentence. */
    summary: z.string(),
    format: z.enum(['srt', 'vtt', 'ass']),
    cues: z.int(),
    /** The film's time is the file's time, times this, plus the offset of the piece. */
    ratio: z.number(),
    speed: z.string(),
    pieces: z.array(
      z.object({
        offsetS: z.number(),
        /** How many cues, and when the first begins and the last ends, in the file as it was. */
        cues: z.int(),
        fromS: z.number(),
        toS: z.number(),
      }),
    ),
    /** Cues of scenes that the film lacks. */
    leftOut: z.array(z.object({ cue: z.int(), startS: z.number(), text: z.string() })),
    detector: z.string(),
    recognized: z.boolean(),
    before: score(),
    after: score(),
  }),
)
export type FitReport = ValueOf<typeof FitReport>
