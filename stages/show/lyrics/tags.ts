import { readFile } from 'node:fs/promises'
import { defineStage, file, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { fileText } from '../../languages/file-text.ts'
import { schema } from '../../schema/schema.ts'
import { ffprobe, probeArgs, unreadable } from '../../tools/ffprobe.ts'
import { Tags } from './lyrics-schema.ts'
import { hasTimes } from './read-lyrics.ts'

const said = z.catch(z.record(z.string(), z.catch(z.string(), '')), {})
const printedByFfprobe = z.object({
  format: z.object({ duration: z.catch(z.string(), '0'), tags: said }),
  streams: z.array(z.object({ tags: said, codec_type: z.catch(z.string(), '') })),
})

/**
 * Reads the tags of a song, and looks for lyrics: in the file that was passed, or in a tag. All that read the song wait for
 * it, so that a file which is no song is told of once.
 */
export const tags = defineStage({
  name: 'tags',
  version: 4,
  description: "Reads the song's title and artist, and looks for lyrics in a file or a tag",
  inputs: { song: 'file', lyrics: optional(file()) },
  params: schema(() => z.object({})),
  outputs: { tags: json(Tags) },
  tools: [ffprobe],
  async run({ inputs, exec, warn, fail }) {
    const { exitCode, stdout, stderrTail } = await exec(ffprobe, probeArgs(inputs.song), { okExitCodes: [0, 1] })
    if (exitCode !== 0) return fail(unreadable('song', stderrTail, inputs.song))
    const { format, streams } = printedByFfprobe.parse(JSON.parse(stdout))
    if (!streams.some((stream) => stream.codec_type === 'audio'))
      return fail("the input 'song' has no sound: pass an audio file, or a film with sound")
    // Ogg has them in its stream, other containers in the file.
    const all = Object.assign({}, ...[...streams.map((stream) => stream.tags), format.tags].map(lowerCased))
    const names = z.record(z.string(), z.string()).parse(all)
    const tagged = lyricsIn(names)
    const found = {
      durationS: Number(format.duration),
      ...present('title', names),
      ...present('artist', names),
      ...present('album', names),
    }
    if (inputs.lyrics !== undefined) {
      return { tags: { ...found, lyrics: { from: 'file' as const, text: fileText(await readFile(inputs.lyrics)) } } }
    }
    if (tagged !== undefined && !hasTimes(tagged))
      warn("the song's lyrics tag has no times, so it is left out: pass a .lrc file as the input 'lyrics'")
    return {
      tags: {
        ...found,
        lyrics: tagged !== undefined && hasTimes(tagged) ? { from: 'tag' as const, text: tagged } : null,
      },
    }
  },
})

/** Returns the lyrics of a tag: those with times, where a song has others, too. */
export function lyricsIn(names: Readonly<Record<string, string>>): string | undefined {
  const found = Object.entries(names).flatMap(([name, text]) =>
    /^(?:unsynced|synced)?lyrics(?:-|$)/.test(name) ? [text] : [],
  )
  return found.find(hasTimes) ?? found[0]
}

function lowerCased(names: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [name.toLowerCase(), value]))
}

function present(name: string, names: Readonly<Record<string, string>>) {
  const value = names[name]?.trim() ?? ''
  return value === '' ? {} : { [name]: value }
}
