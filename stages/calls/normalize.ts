import { join } from 'node:path'
import { defineStage, file, json, many, optional, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import type { SoundFile } from '../sound/sound-file.ts'
import { ffmpeg } from '../tools/ffmpeg.ts'
import { threadModule } from '../tools/thread-module.ts'
import { callTonesParam, countryParam } from './find-tones.ts'
import { encodeAtLoudness, Level, levelParams, levelProblems } from './level.ts'
import { Hearing } from './results/hearing.ts'
import { Alignment, Recording } from './results/recording.ts'
import { TimeMap } from './results/time-map.ts'
import { atStart, callLengthS, sidesOf, speechInCall, tonesInCall } from './sides.ts'
import type { Rendered, RenderRequest } from './threads/render-thread.ts'
import { cutsOf } from './tones/cuts.ts'
import { FoundTones } from './tones/found-tone.ts'

/** Returns the params of a finished call. */
export function normalizeParams() {
  return {
    ...levelParams(),
    levelSides: described(
      z._default(z.boolean(), true),
      'bring the quieter side of a call to the loudness of the other, by one gain for all of it',
    ),
  }
}

/** The sample rate of finished calls and of mixes. */
export const callHz = 16_000

/** Makes a finished call: its sides in stereo, as loud as asked. */
export const normalize = defineStage({
  name: 'normalize',
  version: 1,
  description: 'Lays the sides of a call beside each other in stereo, and brings it to its loudness by one gain',
  inputs: {
    sounds: many(file('sound.wav')),
    recordings: many(json(Recording)),
    alignment: optional(json(Alignment)),
    /** Those of each recording, where they change the call. */
    tones: many(json(FoundTones)),
    hearings: many(json(Hearing)),
  },
  params: schema(() => z.object({ ...normalizeParams(), callTones: callTonesParam(), country: countryParam() })),
  outputs: { call: 'call.flac', level: json(Level), map: json(TimeMap) },
  tools: [ffmpeg],
  threads: { render: threadModule(new URL('./threads/render-thread.ts', import.meta.url)) },
  contracts: [
    {
      name: 'as loud as asked after encoding, or said to be limited',
      check: ({ params, outputs }): Violation[] => levelProblems(outputs.level, params),
    },
  ],
  async run(context) {
    const { inputs, params, outputs, tempDir, progress, inThread, log } = context
    const sounds = inputs.recordings.map(
      ({ sound }, index): SoundFile => ({ path: inputs.sounds[index] ?? '', ...sound }),
    )
    const sides = sidesOf(sounds, inputs.alignment)
    const wav = join(tempDir, 'call.wav')
    const sampleRateHz = Math.max(...sounds.map((sound) => sound.sampleRateHz))
    const legs = sounds.map((sound, leg) => ({ channels: sound.channels, ...(inputs.alignment?.legs[leg] ?? atStart) }))
    const cuts = cutsOf({
      callTones: params.callTones,
      country: params.country,
      lengthS: callLengthS(sides),
      tones: tonesInCall(inputs.tones, legs),
      speech: speechInCall(inputs.hearings, legs),
    })
    const request: RenderRequest = { sides, sampleRateHz, output: wav, levelSides: params.levelSides, cuts }
    const rendered = (await inThread('render', request)) as Rendered
    progress(0.6)
    const codec = ['-c:a', 'flac', '-map_metadata', '-1']
    const level = await encodeAtLoudness(context, {
      wav,
      before: rendered.measured,
      output: outputs.call,
      sampleRateHz: callHz,
      frames: Math.round(rendered.map.lengthS * callHz),
      codec: [...codec, '-f', 'flac'],
      isLossless: true,
      params,
    })
    if (level.limitedBy !== undefined) log(`limited by ${level.limitedBy}: ${level.after.integratedLufs} LUFS`)
    return { level: { ...level, sides: [...rendered.sides] }, map: rendered.map }
  },
})
