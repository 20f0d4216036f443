import { join } from 'node:path'
import { defineStage, file, json, many } from 'reprise'
import * as z from 'zod/mini'
import { joinSound } from '../media/join-sound.ts'
import { mixMusic } from '../media/music-bed.ts'
import { described, schema } from '../schema/schema.ts'
import { ffmpeg } from '../tools/ffmpeg.ts'
import { MusicMeasures } from './film-report.ts'
import { narrationRateHz } from './narrate.ts'
import { sceneFrames } from './render.ts'
import { SceneTiming } from './script/scene.ts'

/** Returns the params of the music. */
export function musicParams() {
  return {
    musicLevel: described(
      z._default(z.number().check(z.gte(0), z.lte(60)), 18),
      'how many LU the music (--input music=FILE) is below the voice while somebody speaks',
    ),
    musicRise: described(
      z._default(z.number().check(z.gte(0), z.lte(30)), 6),
      'how many LU louder the music is where nobody speaks',
    ),
  }
}

/** Lays music under the speech of all scenes. It is a step of its own, so that its params count only where there is music. */
export const layMusic = defineStage({
  name: 'music',
  version: 1,
  description: 'Lays music under the voice, where music is given: low while somebody speaks, louder in pauses',
  inputs: { speech: many(file()), timings: many(json(SceneTiming)), music: file() },
  params: schema(() => z.object({ ...musicParams(), fps: z.int() })),
  outputs: { mixed: 'mixed.wav', measures: json(MusicMeasures) },
  tools: [ffmpeg],
  async run(context) {
    const { inputs, params, outputs, tempDir } = context
    const { fps } = params
    const frames = inputs.timings.map((timing) => sceneFrames(timing, fps))
    const voice = join(tempDir, 'speech.wav')
    await joinSound(context, { speech: inputs.speech, frames, fps, rateHz: narrationRateHz, output: voice })
    const spoken: { startS: number; endS: number }[] = []
    let firstFrame = 0
    for (const [index, { pieces }] of inputs.timings.entries()) {
      const sceneS = firstFrame / fps
      for (const { startS, endS } of pieces) spoken.push({ startS: sceneS + startS, endS: sceneS + endS })
      firstFrame += frames[index] ?? 0
    }
    const measures = await mixMusic(context, {
      voice,
      music: inputs.music,
      durationS: firstFrame / fps,
      spoken,
      underLu: params.musicLevel,
      riseLu: params.musicRise,
      output: outputs.mixed,
    })
    return { measures }
  },
})
