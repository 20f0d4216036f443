import { join } from 'node:path'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { languageParam } from '../../languages/languages.ts'
import { described, schema } from '../../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../../tools/ffmpeg.ts'
import { ffprobe, probed, probeMedia } from '../../tools/ffprobe.ts'
import { encodeParams } from '../mux.ts'
import { type EncodeParams, encodeVideo } from '../mux-args.ts'
import { TrackIndex } from '../tracks.ts'

/** How much shorter or longer a film may become that is encoded, in seconds. */
const toleranceS = 0.5

/** Returns the param that says which subtitles are drawn into the picture. */
export function burnParam() {
  return described(languageParam(), 'the language of subtitles that are drawn into the picture of a further film')
}

/** Returns a path as the option of a filter: each of the two levels of a filter graph has its own escapes. */
export function filterPath(path: string): string {
  return path.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&')
}

/** Returns ffmpeg's arguments that draw subtitles into the picture; the sound is copied, all of it. */
export function burnArgs(film: string, subtitles: string, encode: EncodeParams, output: string): string[] {
  return [
    ...globalArgs(),
    ...inputArgs(film),
    ...['-map', '0:v:0', '-map', '0:a?', '-sn', '-dn'],
    ...encodeVideo(encode, `subtitles=filename=${filterPath(subtitles)}`),
    ...['-c:a', 'copy', ...bitexactArgs(), '-movflags', '+faststart', '-f', 'mp4', fileUrl(output)],
  ]
}

/** Draws the subtitles of one language into the picture, for players and sites that show none. */
export const burnIn = defineStage({
  name: 'burn',
  version: 1,
  description: 'Draws the subtitles of one language into the picture, for players and sites that show none',
  inputs: { film: 'file', tracks: 'tree', index: json(TrackIndex) },
  params: schema(() => z.object({ language: burnParam(), ...encodeParams() })),
  outputs: { burned: 'burned.mp4' },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: 'the whole film',
      async check({ inputs, outputs, exec }) {
        const [film, made] = [await probed({ exec }, inputs.film), await probed({ exec }, outputs.burned)]
        const [expectedS, foundS] = [film?.durationS ?? 0, made?.durationS ?? 0]
        if (Math.abs(expectedS - foundS) <= toleranceS) return undefined
        const message = 'the film with subtitles in its picture is not as long as the film'
        return [{ message, expected: `${expectedS.toFixed(3)} s`, found: `${foundS.toFixed(3)} s` }]
      },
    },
  ],
  async run(context) {
    const { inputs, params, outputs, fail } = context
    const media = await probeMedia(context, inputs.film, 'film')
    if (!media.streams.some(({ kind, isPicture }) => kind === 'video' && !isPicture))
      return fail('the film has no picture to draw subtitles into')
    const track = inputs.index.find(({ language }) => language === params.language)
    if (track === undefined) {
      const there = inputs.index.map(({ language }) => language).join(', ')
      return fail(`there are no subtitles in ${params.language}: choose burn=${there}, or add it to -p to=`)
    }
    const file = track.files.ass ?? track.files.srt
    const args = burnArgs(inputs.film, join(inputs.tracks, file), params, outputs.burned)
    await runFfmpeg(context, args, { lengthS: media.durationS ?? 0 })
  },
})
