import { defineStage, file } from 'reprise'
import * as z from 'zod/mini'
import { streamText } from '../media/kept-streams.ts'
import { described, schema } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs } from '../tools/ffmpeg.ts'
import { ffprobe, probeMedia } from '../tools/ffprobe.ts'

/** Codecs of subtitles that are pictures. */
const pictures = ['dvd_subtitle', 'hdmv_pgs_subtitle', 'dvb_subtitle', 'xsub', 'dvb_teletext']

/** Returns the param that chooses a track of subtitles. */
export function trackParam() {
  return described(z.int().check(z.gte(0)), 'which track of subtitles of a film is taken, counted from 0')
}

/** Takes a track of subtitles out of a film. */
export const extract = defineStage({
  name: 'extract',
  version: 1,
  description: 'Takes a track of subtitles out of a film: ASS as it is, any other text as SRT',
  inputs: { film: 'file' },
  params: schema(() => z.object({ track: trackParam() })),
  outputs: { subtitles: file('subtitles.txt') },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, outputs, exec, log, fail } = context
    const media = await probeMedia(context, inputs.film, 'subtitles')
    const tracks = media.streams.filter(({ kind }) => kind === 'subtitle')
    const track = tracks[params.track]
    if (tracks.length === 0) return fail("the input 'subtitles' is a film without subtitles")
    if (track === undefined) {
      const there = tracks.map(streamText).join('; ')
      return fail(`the input 'subtitles' has no track ${params.track}, counted from 0; it has ${there}`)
    }
    if (pictures.includes(track.codec))
      return fail(`track ${params.track} is made of pictures (${track.codec}), which would have to be recognized`)
    const form = track.codec === 'ass' || track.codec === 'ssa' ? 'ass' : 'srt'
    const args = ['-map', `0:${track.index}`, '-c:s', form, ...bitexactArgs(), '-f', form, fileUrl(outputs.subtitles)]
    await exec(ffmpeg, [...globalArgs(), ...inputArgs(inputs.film), ...args])
    log(`taken out: ${streamText(track)}`)
  },
})
