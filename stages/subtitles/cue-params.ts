import * as z from 'zod/mini'
import { profileNames } from '../cues/profiles/profiles.ts'
import { described } from '../schema/schema.ts'

/** Returns the params that make subtitles readable: a house profile, and limits of one's own instead of its. */
export function cueParams() {
  const own = <S extends z.ZodMiniType>(limit: S, description: string) =>
    described(z.optional(limit), `${description}; as the profile says by default`)
  return {
    profile: described(z._default(z.enum(profileNames), 'plain'), 'the house whose rules the subtitles keep to'),
    maxLineChars: own(z.int().check(z.gte(10), z.lte(200)), 'longest line, in characters'),
    maxLines: own(z.int().check(z.gte(1), z.lte(6)), 'most lines shown at once'),
    charsPerSecond: own(z.number().check(z.gt(0), z.lte(100)), 'reading speed, in characters a second'),
    minCueS: own(
      z.number().check(z.gte(0.1), z.lte(10)),
      'shortest time that a subtitle is shown, where there is room, in seconds',
    ),
    maxCueS: own(z.number().check(z.gte(1), z.lte(60)), 'longest time that a subtitle is shown, in seconds'),
    cueGapS: own(z.number().check(z.gte(0), z.lte(5)), 'pause between two subtitles, in seconds'),
  }
}
