import * as z from 'zod/mini'
import { described } from '../schema/schema.ts'
import { secondsArg } from '../tools/ffmpeg.ts'

/** Returns the params that name a part of a film, in seconds from its start. */
export function clipParams() {
  return {
    clipStartS: described(
      z.optional(z.number().check(z.gte(0))),
      'start of the clip to make, in seconds; the start of the film by default',
    ),
    clipEndS: described(
      z.optional(z.number().check(z.gt(0))),
      'end of the clip to make, in seconds; the end of the film by default',
    ),
  }
}

export interface Clip {
  readonly clipStartS?: number | undefined
  readonly clipEndS?: number | undefined
}

/** Returns whether a clip ends after it starts. */
export function clipIsForward({ clipStartS = 0, clipEndS }: Clip): boolean {
  return clipEndS === undefined || clipEndS > clipStartS
}

/** Returns whether a clip is shorter than the film. */
export function isCut({ clipStartS = 0, clipEndS }: Clip): boolean {
  return clipStartS > 0 || clipEndS !== undefined
}

/** Returns the option of ffmpeg's input that starts at the clip. */
export function clipStart({ clipStartS = 0 }: Clip): { startS?: number } {
  return clipStartS > 0 ? { startS: clipStartS } : {}
}

/**
 * Returns the arguments of ffmpeg's output that end with the clip; as input arguments they would let one frame too many
 * in.
 */
export function clipLengthArgs({ clipStartS = 0, clipEndS }: Clip): string[] {
  return clipEndS === undefined ? [] : ['-t', secondsArg(clipEndS - clipStartS)]
}

/** Returns how much of a stream of this length is in the clip, in seconds; 0 where it ends before the clip starts. */
export function clippedLengthS(lengthS: number, { clipStartS = 0, clipEndS = Number.POSITIVE_INFINITY }: Clip): number {
  return Math.max(0, Math.min(lengthS, clipEndS) - clipStartS)
}
