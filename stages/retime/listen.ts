import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { detectors } from '../speech/choose-recognizer.ts'
import { findSamples } from '../speech/wav.ts'
import { frameLevels, presenceAboveNoise } from '../speech/whisper/level-detector.ts'
import { detectorTools, speechPresence } from '../speech/whisper/presence.ts'
import { frameS } from '../speech/whisper/speech-presence.ts'

/** Where somebody speaks in a film. */
export const Presence = schema(() =>
  z.object({
    detector: z.enum(detectors),
    /** How long a frame is, in seconds. */
    frameS: z.number(),
    /** How much later than it begins voice is found, in seconds. */
    lagS: z.number(),
    /** For each frame, how likely somebody speaks in it, from 0 to 1. */
    probabilities: z.array(z.number()),
  }),
)
export type Presence = ValueOf<typeof Presence>

/** The net is sure of voice when it has heard a frame of it. */
const lags = { 'silero-vad': frameS, level: 0 } as const

/** Finds where somebody speaks. */
export const listen = defineStage({
  name: 'listen',
  version: 1,
  description:
    'Finds where somebody speaks: by silero-vad where it is installed, else by how much louder it is than the noise',
  inputs: { audio: file('audio.wav') },
  params: schema(() =>
    z.object({ detector: described(z._default(z.enum(detectors), 'level'), 'what finds where somebody speaks') }),
  ),
  outputs: { presence: json(Presence) },
  toolsFor: ({ detector }) => detectorTools(detector),
  async run(context) {
    const { detector } = context.params
    const samples = await findSamples(context.inputs.audio)
    if (samples === undefined) return context.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    if (detector === 'level')
      context.log(
        'speech is found by how loud it is; music is not told from it (better: reprise models install silero-vad)',
      )
    const found =
      detector === 'level'
        ? presenceAboveNoise(await frameLevels(samples))
        : await speechPresence(context, { detector }, { samples, part: 1 })
    const probabilities = found.map((value) => Math.round(value * 1000) / 1000)
    return { presence: { detector, frameS, lagS: lags[detector], probabilities } }
  },
})
