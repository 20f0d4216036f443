import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { Shots } from '../cues/timed/shots.ts'
import { clipEndArgs, clipParams, clippedLengthS, clipReach } from '../media/clip.ts'
import { clockArgs } from '../media/clock.ts'
import { keptStreams } from '../media/kept-streams.ts'
import { schema } from '../schema/schema.ts'
import { ffmpeg, fileUrl, globalArgs, inputArgs, inputSafety } from '../tools/ffmpeg.ts'
import { ffprobe, probeMedia } from '../tools/ffprobe.ts'

/** How much of a frame is another one, from 0 to 1, where a shot changes. */
const leastChange = 0.3
/** Two changes closer than this are one: a flash, or a fade. */
const closestS = 0.2

/** Returns ffmpeg's arguments that print when the picture changes altogether. Small pictures tell as much, and faster. */
export function shotArgs(video: string, stream: number, clock: readonly string[], reach: ReturnType<typeof clipReach>) {
  const filter = `scale=320:-2,select='gt(scene\\,${leastChange})',metadata=print:file=-`
  return [
    ...globalArgs().filter((arg) => arg !== '-progress' && arg !== 'pipe:1'),
    ...['-progress', 'pipe:2', ...clock],
    ...inputArgs(video, reach.input),
    ...clipEndArgs(reach),
    ...['-map', `0:${stream}`, '-an', '-sn', '-dn', '-vf', filter, '-f', 'null', '-'],
  ]
}

/** Returns when a picture is shown, from a line that ffmpeg prints of it; undefined for its other lines. */
export function shotTime(line: string): number | undefined {
  const time = /^frame:\d+\s+pts:\S+\s+pts_time:(-?[\d.]+)/.exec(line)?.[1]
  return time === undefined ? undefined : Number(time)
}

/** Returns how long a frame is, from what ffprobe says of the rate, such as `24000/1001`. */
export function frameLengthS(rate: string): number {
  const [frames = 0, seconds = 1] = rate.trim().split('\n')[0]?.split('/').map(Number) ?? []
  const length = seconds / frames
  // Pictures of a slide show, and rates that nobody declared, say nothing of the frames that people see.
  return length >= 1 / 120 && length <= 1 / 10 ? length : 1 / 25
}

/** Finds where the shots of a film change. */
export const findShots = defineStage({
  name: 'shots',
  version: 1,
  description: 'Finds where the shots of a film change: subtitles that begin or end near a change flicker',
  inputs: { video: 'file' },
  params: schema(() => z.object(clipParams())),
  outputs: { shots: json(Shots) },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, exec, log } = context
    const media = await probeMedia(context, inputs.video, 'video')
    const { video } = keptStreams(media)
    if (video === undefined) {
      log('there is no picture')
      return { shots: { frameS: 1 / 25, atS: [] } }
    }
    const asked = ['-v', 'error', '-select_streams', String(video.index), '-show_entries', 'stream=avg_frame_rate']
    const rate = await exec(ffprobe, [...asked, '-of', 'csv=p=0', ...inputSafety(), fileUrl(inputs.video)])
    const frameS = frameLengthS(rate.stdout)
    const reach = clipReach(params, media)
    const args = shotArgs(inputs.video, video.index, await clockArgs(context, inputs.video, media), reach)
    const atS: number[] = []
    const onStdoutLine = (line: string) => {
      const timeS = shotTime(line)
      if (timeS === undefined || timeS - reach.skipS <= 0) return
      const shotS = timeS - reach.skipS
      if (shotS - (atS.at(-1) ?? Number.NEGATIVE_INFINITY) >= closestS) atS.push(Math.round(shotS * 1000) / 1000)
    }
    const lengthS = clippedLengthS(media.durationS ?? 0, params)
    const onStderrLine = (line: string) => {
      const doneS = /^out_time_us=(\d+)/.exec(line)?.[1]
      if (doneS !== undefined && lengthS > 0) context.progress(Math.min(1, Number(doneS) / 1e6 / lengthS))
    }
    await exec(ffmpeg, args, { onStdoutLine, onStderrLine })
    log(`${atS.length} changes of shot, ${Math.round(1000 / frameS) / 1000} frames a second`)
    return { shots: { frameS, atS } }
  },
})
