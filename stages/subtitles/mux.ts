import { join } from 'node:path'
import { defineStage, json, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { languageParam } from '../languages/languages.ts'
import { clipParams, isCut } from '../media/clip.ts'
import { clockArgs } from '../media/clock.ts'
import { readTimeline } from '../media/timeline.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { decoders } from '../tools/decoders.ts'
import { ffmpeg } from '../tools/ffmpeg.ts'
import { ffprobe, type MediaStream, probed, probeMedia } from '../tools/ffprobe.ts'
import { checkFilm } from './check-film.ts'
import { cutFilm, filmTimes, filmTimesPath, madeTimesPath, muxFilm } from './mux-film.ts'
import { type Container, containers, type MuxPlan, muxPlans } from './mux-plan.ts'
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

/** Returns the params that say which tracks players show by themselves. */
export function flagParams() {
  return {
    shownTrack: described(
      z.optional(z.union([z.literal('none'), languageParam()])),
      'the language of the subtitles that are shown by default, or none; the last translation by default',
    ),
    forcedTracks: described(
      z._default(z.array(languageParam()), []),
      'languages whose subtitles are shown even where they are off, as those of foreign dialogue',
    ),
  }
}

/** What became of the film's streams in each container. */
export const MuxReport = schema(() => {
  const stream = { index: z.number(), kind: z.string(), codec: z.string() }
  const film = z.object({
    streams: z.array(z.object({ ...stream, isEncoded: z.boolean() })),
    leftOut: z.array(z.object(stream)),
  })
  return z.object({ mp4: film, mkv: film })
})
export type MuxReport = ValueOf<typeof MuxReport>

/** Puts a film and its subtitles together, as mp4 and as mkv. */
export const mux = defineStage({
  name: 'mux',
  version: 5,
  description: 'Puts the film and its subtitles into an mp4 and an mkv, a track a language',
  inputs: { video: 'file', tracks: 'tree', index: json(TrackIndex) },
  params: schema(() => z.object({ ...clipParams(), ...encodeParams(), ...flagParams() })),
  outputs: { mp4: 'film.mp4', mkv: 'film.mkv', report: json(MuxReport) },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: 'the whole film, with a track a language',
      async check({ inputs, params, outputs, tempDir, exec }) {
        const violations: Violation[] = []
        for (const container of containers) {
          const { streams } = outputs.report[container]
          const spans = await readTimeline(filmTimesPath(tempDir, streams))
          const madeSpans = await readTimeline(madeTimesPath(tempDir, container))
          const media = await probed({ exec }, outputs[container])
          const problems =
            media === undefined
              ? ['it is not a media file']
              : checkFilm(
                  { media, spans: madeSpans },
                  { container, streams, spans, index: inputs.index, flags: params },
                )
          violations.push(...problems.map((problem) => ({ message: `the ${container}: ${problem}` })))
        }
        return violations
      },
    },
  ],
  async run(context) {
    const { inputs, params, outputs, tempDir } = context
    let film = inputs.video
    let media = await probeMedia(context, film, 'video')
    const isClip = isCut(params)
    const cutShare = isClip ? 0.8 : 0
    const decodable = await decoders(context)
    let clock = await clockArgs(context, film, media)
    if (isClip) {
      film = join(tempDir, 'clip.mp4')
      await cutFilm(context, { film: inputs.video, clock, media, output: film, clip: params }, decodable, cutShare)
      const clip = await probed(context, film)
      if (clip === undefined || (clip.durationS ?? 0) === 0) {
        const startS = params.clipStartS ?? 0
        return context.fail(
          `the clip starts at ${startS} s, after the end of the input 'video': choose an earlier clipStartS`,
        )
      }
      media = clip
      clock = await clockArgs(context, film, media)
    }
    const plans = await muxPlans(context, { film, media, decodable })
    const request = {
      film,
      clock,
      tracks: inputs.tracks,
      index: inputs.index,
      encode: params,
      flags: params,
      decodable,
      timesOf: filmTimes(context, film, clock),
    }
    const lengthS = media.durationS ?? 0
    const middle = (1 + cutShare) / 2
    const mp4 = { ...request, plan: plans.mp4, output: outputs.mp4 }
    const mkv = { ...request, plan: plans.mkv, output: outputs.mkv }
    const report = {
      mp4: reportOf(await muxFilm(context, mp4, { lengthS, from: cutShare, to: middle })),
      mkv: reportOf(await muxFilm(context, mkv, { lengthS, from: middle, to: 1 })),
    }
    return { report }
  },
})

function reportOf({ streams, leftOut }: MuxPlan): MuxReport[Container] {
  const named = ({ index, kind, codec }: MediaStream) => ({ index, kind, codec })
  return {
    streams: streams.map(({ stream, isEncoded }) => ({ ...named(stream), isEncoded })),
    leftOut: leftOut.map(named),
  }
}
