import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'

/** Where in a recording its segments are, in seconds. */
export const SegmentPlaces = schema(() =>
  z.array(
    z.object({
      /** The name of its file. */
      file: z.string(),
      /** When its file begins. */
      startS: z.number(),
      /** The cuts: what is said between them belongs to this segment. Where a word may be cut, the files overlap. */
      fromS: z.number(),
      toS: z.number(),
    }),
  ),
)
export type SegmentPlaces = ValueOf<typeof SegmentPlaces>
export type SegmentPlace = SegmentPlaces[number]

/** The name of the file of a recording that is recognized as a whole. */
export const wholeFile = 'whole.wav'

/** Returns the name of a segment's file: when it begins, in an order that is that of the names. */
export function segmentFile(startS: number): string {
  const ms = Math.round(startS * 1000)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const seconds = (ms % 60_000) / 1000
  return `${two(ms / 3_600_000)}h${two((ms / 60_000) % 60)}m${seconds.toFixed(3).padStart(6, '0')}s.wav`
}
