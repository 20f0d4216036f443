import { join } from 'node:path'
import { defineStage, json, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { clipParams, clippedLengthS, isCut } from '../media/clip.ts'
import { described, schema } from '../schema/schema.ts'
import { ffmpeg, runFfmpeg, type ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, parseProbe, probeArgs, probeMedia } from '../tools/ffprobe.ts'
import { checkFilm } from './check-film.ts'
import { cutArgs, type MuxRequest, muxArgs, unholdable } from './mux-args.ts'
import { TrackIndex } from './tracks.ts'

/** Returns the params of the encoder, which works only where film cannot be copied. */
export function encodeParams() {
  return {
    quality: described(
      z._default(z.number().check(z.gte(0), z.lte(51)), 20),
      'quality of a clip, or of video that mp4 cannot hold: x264 crf, from 0 (best) to 51',
    ),
    encodeThreads: described(
      z._default(z.int().check(z.gte(1), z.lte(64)), 4),
      'threads of the video encoder; other numbers give other bytes',
    ),
  }
}

/** Puts a film and its subtitles together, as mp4 and as mkv. */
export const mux = defineStage({
  name: 'mux',
  version: 1,
  description: 'Puts the film and its subtitles into an mp4 and an mkv, a track a language',
  inputs: { video: 'file', tracks: 'tree', index: json(TrackIndex) },
  params: schema(() => z.object({ ...clipParams(), ...encodeParams() })),
  outputs: { mp4: 'film.mp4', mkv: 'film.mkv' },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: 'the whole film, with a track a language',
      async check({ inputs, params, outputs, tempDir, exec }) {
        const source = await probed(exec, isCut(params) ? clipPath(tempDir) : inputs.video)
        const violations: Violation[] = []
        for (const container of ['mp4', 'mkv'] as const) {
          const film = await probed(exec, outputs[container])
          const problems =
            film === undefined || source === undefined
              ? ['it is not a media file']
              : checkFilm(film, { container, source, index: inputs.index })
          violations.push(...problems.map((problem) => ({ message: `the ${container}: ${problem}` })))
        }
        return violations
      },
    },
  ],
  async run(context) {
    const { inputs, params, outputs } = context
    let film = inputs.video
    let media = await probeMedia(context, film, 'video')
    const cutShare = isCut(params) ? 0.8 : 0
    if (isCut(params)) {
      film = clipPath(context.tempDir)
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

/** The path of the cut film while the step runs. */
function clipPath(tempDir: string): string {
  return join(tempDir, 'clip.mp4')
}

async function probed(exec: ToolHost['exec'], path: string): Promise<Media | undefined> {
  return parseProbe((await exec(ffprobe, probeArgs(path), { okExitCodes: [0, 1] })).stdout)
}

async function muxInto(host: ToolHost, request: MuxRequest, share: { from: number; to: number }): Promise<void> {
  const { media, container } = request
  for (const { kind, codec } of unholdable(media, container)) {
    host.log(`an ${container} does not hold ${codec}: the film's ${kind} is encoded again for it`)
  }
  await runFfmpeg(host, muxArgs(request), { lengthS: media.durationS ?? 0, ...share })
}
