import * as z from 'zod/mini'
import { frameRates, writtenFormats } from '../cues/formats/write-subtitles.ts'
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

/** Returns the param that names who speaks. */
export function speakerNamesParam() {
  return {
    speakerNames: described(
      z._default(z.array(z.string().check(z.minLength(1), z.maxLength(60))), []),
      'the names of who speaks, in the order in which they begin, such as Anna,Ben; for profiles that label speakers',
    ),
  }
}

/** Returns the params that say in which formats subtitles are written. */
export function formatParams() {
  return {
    formats: described(
      z._default(z.array(z.enum(writtenFormats)), ['srt', 'vtt', 'ass', 'ttml', 'lrc']),
      'the formats that the subtitles are written in; SRT is always among them',
    ),
    frameRate: described(
      z._default(z.enum(frameRates), '25'),
      'frames a second of the film, for formats that count in frames (fcpxml, stl)',
    ),
  }
}
