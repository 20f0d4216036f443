import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'

/** A stretch of a finished call: seconds of the call as it was recorded, or a tone that was made. */
const piece = () =>
  z.object({
    /** Where it begins in the finished call, and how long it is, in seconds. */
    atS: z.number(),
    lengthS: z.number(),
    /** Where it begins in the call as it was recorded; absent for a tone that was made. */
    fromS: z.optional(z.number()),
    /** What was made, such as `ring`. */
    made: z.optional(z.string()),
  })

/** Leads from each second of a finished call back to the recordings. */
export const TimeMap = schema(() => z.object({ lengthS: z.number(), pieces: z.array(piece()) }))
export type TimeMap = ValueOf<typeof TimeMap>

/** Returns the seconds of the call as recorded that a second of the finished one is of; undefined in a tone that was made. */
export function recordedAt({ pieces }: TimeMap, atS: number): number | undefined {
  const piece = pieces.find((one) => atS >= one.atS && atS < one.atS + one.lengthS)
  return piece?.fromS === undefined ? undefined : piece.fromS + (atS - piece.atS)
}

/** Returns where a second of the call as recorded is in the finished one; undefined where it was cut. */
export function finishedAt({ pieces }: TimeMap, recordedS: number): number | undefined {
  const piece = pieces.find(
    ({ fromS, lengthS }) => fromS !== undefined && recordedS >= fromS && recordedS <= fromS + lengthS,
  )
  return piece?.fromS === undefined ? undefined : piece.atS + (recordedS - piece.fromS)
}
