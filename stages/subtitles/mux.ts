import { join } from 'node:path'
import { z } from 'zod'
import { defineStage, json } from '../../src/core/index.ts'
import { ffmpeg, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, probeMedia } from '../tools/ffprobe.ts'
import { checkFilm } from './check-film.ts'
import { clipParams, clippedLengthS, isCut } from './clip.ts'
import { cutArgs, type MuxRequest, muxArgs, unholdable } from './mux-args.ts'
import { TrackIndex } from './tracks.ts'

/** The params of the encoder, which works only where film cannot be copied. */
export const encodeParams = {
  quality: z
    .number()
    .min(0)
    .max(51)
    .default(20)
    .describe('quality of a clip, or of video that mp4 cannot hold: x264 crf, from 0 (best) to 51'),
  encodeThreads: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('threads of the video encoder; other numbers give other bytes'),
}

/** Puts a film and its subtitles together, as mp4 and as mkv. */
export const mux = defineStage({
  name: 'mux',
  version: 1,
  description: 'Puts the film and its subtitles into an mp4 and an mkv, a track a language',
  inputs: { video: 'file', tracks: 'tree', index: json(TrackIndex) },
  params: z.object({ ...clipParams, ...encodeParams }),
  outputs: { mp4: 'film.mp4', mkv: 'film.mkv' },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, outputs } = context
    let film = inputs.video
    let media = await probeMedia(context, film, 'video')
    const cutShare = isCut(params) ? 0.8 : 0
    if (isCut(params)) {
      film = join(context.tempDir, 'clip.mp4')
      const lengthS = clippedLengthS(media.durationS ?? 0, params)
      if (media.durationS !== undefined && lengthS === 0) {
        context.fail(
          `the clip starts at ${params.clipStartS ?? 0} s, after the end of the input 'video': choose an earlier clipStartS`,
        )
      }
      await runFfmpeg(context, cutArgs(inputs.video, film, params, params), { lengthS, to: cutShare })
      media = await probeMedia(context, film, 'video')
    }
    const request = { film, media, tracks: inputs.tracks, index: inputs.index, encode: params }
    const middle = (1 + cutShare) / 2
    await muxInto(context, { ...request, container: 'mp4', output: outputs.mp4 }, { from: cutShare, to: middle })
    await muxInto(context, { ...request, container: 'mkv', output: outputs.mkv }, { from: middle, to: 1 })
  },
})

async function muxInto(host: ToolHost, request: MuxRequest, share: { from: number; to: number }): Promise<void> {
  const { media, container, output, index } = request
  for (const { kind, codec } of unholdable(media, container)) {
    host.log(`an ${container} does not hold ${codec}: its ${kind} is encoded again; the mkv keeps it as it is`)
  }
  await runFfmpeg(host, muxArgs(request), { lengthS: media.durationS ?? 0, ...share })
  const problems = checkFilm(await probeMedia(host, output, container), { container, source: media, index })
  if (problems.length > 0) host.fail(`the ${container} did not come out right: ${problems.join('; ')}`)
}
