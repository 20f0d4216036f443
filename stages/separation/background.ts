import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { schema, type ValueOf } from '../schema/schema.ts'
import { findSamples } from '../speech/wav.ts'
import { frameLevels } from '../speech/whisper/level-detector.ts'
import { frameS } from '../speech/whisper/speech-presence.ts'

/** Whether anything is heard behind the voices of a recording. */
export const Background = schema(() =>
  z.object({
    /** Whether there is enough of it to take it away. */
    isThere: z.boolean(),
    /** How much of the time in which anything is heard it is there, from 0 to 1. */
    share: z.number(),
  }),
)
export type Background = ValueOf<typeof Background>

const windowFrames = Math.round(4 / frameS)
/**
 * Between words, speech is quiet: in four seconds of it, the quietest frames are 18 to 46 dB below the loudest. With music,
 * rain or an engine behind it, 4 to 12 dB.
 */
const steadyDb = 15
/** What is this far below the loudest parts of a recording is not listened to. */
const unheardDb = 35
/** A single window may be a held note of a voice, or a laugh. */
const fewestWindows = 2
const leastShare = 0.02

/** Tells from the level of each frame whether something is heard behind the voices. */
export function backgroundIn(levels: readonly number[]): Background {
  const sorted = levels.toSorted((one, other) => one - other)
  const topDb = at(sorted, 0.98)
  let [heard, steady] = [0, 0]
  for (let from = 0; from + windowFrames / 2 <= levels.length; from += windowFrames / 2) {
    const window = levels.slice(from, from + windowFrames).sort((one, other) => one - other)
    const loudDb = at(window, 0.95)
    if (loudDb < topDb - unheardDb) continue
    heard += 1
    if (loudDb - at(window, 0.08) < steadyDb) steady += 1
  }
  const share = heard === 0 ? 0 : steady / heard
  const isThere = heard > 0 && (steady >= fewestWindows || steady === heard) && share >= leastShare
  return { isThere, share: Math.round(share * 1000) / 1000 }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -120
}

/** Listens whether anything is behind the voices: what is clean already need not be separated. */
export const findBackground = defineStage({
  name: 'background',
  version: 1,
  description: 'Listens whether anything is behind the voices, by how quiet it gets between words',
  inputs: { audio: file('audio.wav') },
  params: schema(() => z.object({})),
  outputs: { background: json(Background) },
  async run({ inputs, log, fail }) {
    const samples = await findSamples(inputs.audio)
    if (samples === undefined) return fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const background = backgroundIn(await frameLevels(samples))
    const percent = Math.round(100 * background.share)
    log(
      background.isThere
        ? `something is behind the voices in ${percent} % of the time`
        : 'nothing is behind the voices: they are taken as they are',
    )
    return { background }
  },
})
