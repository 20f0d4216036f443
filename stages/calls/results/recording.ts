import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'

/** What a file of the folder is, once it has been read. */
export const Recording = schema(() =>
  z.object({
    /** Why it cannot be used; then it is passed over. */
    problem: z.optional(z.string()),
    container: z.string(),
    codec: z.string(),
    /** As recorded. */
    sampleRateHz: z.number(),
    channels: z.int(),
    durationS: z.number(),
    /** The sound that was made of it: 16 bits, at 8 or 16 kHz, one channel or two. */
    sound: z.object({ sampleRateHz: z.int(), channels: z.int(), frames: z.int() }),
    /** What its head said wrongly, and what was found damaged. */
    mended: z.array(z.string()),
  }),
)
export type Recording = ValueOf<typeof Recording>

/** Which of a call's two sides is heard: `a` on the left, `b` on the right. */
export const sideNames = ['a', 'b'] as const

/** A call: one recording, or one of each side. */
const call = () =>
  z.object({
    /** Names its steps and its files. */
    id: z.string(),
    legs: z.array(
      z.object({
        /** The path of the file in the folder. */
        path: z.string(),
        /** What the file's name calls the side, such as `in`. */
        label: z.optional(z.string()),
      }),
    ),
    /** By what the legs were found to be of one call. */
    pairedBy: z.optional(z.enum(['names', 'times', 'similarity'])),
    /** When it began, by the name of the file: local time, `2024-05-31T14:02:11`. */
    startedAt: z.optional(z.string()),
  })
export const Call = schema(call)
export type Call = ValueOf<typeof Call>
export const Calls = schema(() => z.array(call()))

/** How the legs of a call lie in its time. */
export const Alignment = schema(() =>
  z.object({
    legs: z.array(
      z.object({
        /** When the leg begins, in seconds of the call. */
        startS: z.number(),
        /** How much faster its clock runs than that of the first leg, in parts per million. */
        driftPpm: z.number(),
      }),
    ),
    /** By what: sound that is heard in both, the times in the names, or that both begin together. */
    by: z.enum(['sound', 'start']),
    /** How sure that is, from 0 to 1. */
    confidence: z.number(),
  }),
)
export type Alignment = ValueOf<typeof Alignment>
