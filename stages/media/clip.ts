import * as z from 'zod/mini'
import { described } from '../schema/schema.ts'
import { secondsArg } from '../tools/ffmpeg.ts'
import type { Media } from '../tools/ffprobe.ts'

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

/** The containers in which a time is found by an index, or by times that never jump. */
const indexed = ['mov', 'matroska', 'avi', 'asf', 'flv', 'mxf', 'wav', 'w64', 'aiff', 'caf', 'au', 'flac']

/** How ffmpeg gets to a clip. */
export interface ClipReach {
  /** The options of its input. */
  readonly input: { readonly startS?: number }
  /** What is left out at the start of what ffmpeg has read then. */
  readonly skipS: number
  /** How much of that is read. As an option of the input, it would let one frame too many in. */
  readonly endS: number | undefined
}

/**
 * Returns how ffmpeg gets to a clip: it goes to where the clip starts, or, where a container would have it guess where that
 * is, reads the film from its start.
 */
export function clipReach({ clipStartS = 0, clipEndS }: Clip, { format }: Pick<Media, 'format'>): ClipReach {
  const goes = clipStartS > 0 && format.split(',').some((name) => indexed.includes(name))
  return {
    input: goes ? { startS: clipStartS } : {},
    skipS: goes ? 0 : clipStartS,
    endS: goes && clipEndS !== undefined ? clipEndS - clipStartS : clipEndS,
  }
}

/** Returns the arguments that end one of ffmpeg's outputs with the clip. */
export function clipEndArgs({ endS }: Pick<ClipReach, 'endS'>): string[] {
  return endS === undefined ? [] : ['-t', secondsArg(endS)]
}

/** Returns how much of a stream of this length is in the clip, in seconds; 0 where it ends before the clip starts. */
export function clippedLengthS(lengthS: number, { clipStartS = 0, clipEndS = Number.POSITIVE_INFINITY }: Clip): number {
  return Math.max(0, Math.min(lengthS, clipEndS) - clipStartS)
}
