import * as z from 'zod/mini'
import { described } from '../../schema/schema.ts'

/** Returns the param of the grid on which everything is that a sequencer reads. */
export function frameParams() {
  return {
    frameMs: described(
      z._default(z.union([z.literal(20), z.literal(25), z.literal(50)]), 25),
      "the sequence's frame in milliseconds, on whose grid every mark is: 20, 25 or 50",
    ),
  }
}
