import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { Lyrics, Tags } from './lyrics-schema.ts'
import { LyricsError, readLyrics } from './read-lyrics.ts'
import { timeLyrics } from './time-lyrics.ts'

/** Reads what is sung, and when: lines, words, and the shapes of the mouth. */
export const lyrics = defineStage({
  name: 'lyrics',
  version: 2,
  description: 'Reads what is sung, and when: lines, words and mouths; for songs with lyrics',
  inputs: { tags: json(Tags) },
  params: schema(() => z.object({})),
  outputs: { lyrics: json(Lyrics) },
  run({ inputs, log, fail }) {
    const { lyrics: found, durationS } = inputs.tags
    if (found === null) return fail('the song has no lyrics')
    try {
      const timed = timeLyrics(readLyrics(found.text), durationS)
      log(`${timed.lines.length} lines of lyrics from a ${found.from}`)
      return { lyrics: timed }
    } catch (error) {
      if (!(error instanceof LyricsError)) throw error
      return fail(
        `the ${found.from === 'file' ? "input 'lyrics'" : 'tag with lyrics'} cannot be read: ${error.message}`,
      )
    }
  },
})
