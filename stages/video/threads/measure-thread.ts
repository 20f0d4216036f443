import { readFileSync } from 'node:fs'
import type { ThreadContext } from 'reprise'
import { readWav } from '../../media/wav.ts'
import { measureParts } from '../../sound/parts-meter.ts'
import { readChannel, type SoundFile } from '../../sound/sound-file.ts'

/** What is said first in a scene. */
export interface FirstWords {
  /** The narration of the scene: a WAV file at the rate of the sound. */
  readonly speech: string
  /** When it begins there, and when it has to sound in the film, in seconds. */
  readonly fromS: number
  readonly atS: number
}

export interface MeasureRequest {
  readonly sound: SoundFile
  /** Where the scenes end, in samples of each channel. */
  readonly ends: readonly number[]
  /** For each scene, what is said first; none where nothing is. */
  readonly words: readonly (FirstWords | undefined)[]
}

export interface MeasuredSound {
  readonly integratedLufs: number
  readonly truePeakDb: number
  readonly scenes: readonly { readonly loudnessLufs: number; readonly lagMs: number | undefined }[]
}

/** Measures how loud a sound track is and its scenes are, and how much later than they should their first words sound. */
export default function measure({ sound, ends, words }: MeasureRequest, { fail }: ThreadContext): MeasuredSound {
  const { partsLufs, ...whole } = measureParts(sound, ends)
  const scenes = partsLufs.map((loudnessLufs, index) => {
    const first = words[index]
    if (first === undefined) return { loudnessLufs, lagMs: undefined }
    const speech = readWav(readFileSync(first.speech))
    if (speech === undefined) return fail(`the narration of scene ${index + 1} is not a WAV file`)
    const from = Math.round(first.fromS * sound.sampleRateHz)
    const said = Float32Array.from(speech.samples.subarray(from, from + window * step))
    return { loudnessLufs, lagMs: lagMs(said, sound, Math.round(first.atS * sound.sampleRateHz)) }
  })
  return { ...whole, scenes }
}

/** Of so many samples one is made: an eighth of a millisecond is near enough. */
const step = 6
/** How much of the words is compared, and how far to both sides, in steps: 600 and 60 ms at 48 kHz. */
const window = 4800
const reach = 480

/** Returns by how much `sound` is later than it should be, where it fits `said` best (normalized cross-correlation). */
function lagMs(said: Float32Array, sound: SoundFile, at: number): number {
  const wanted = thinned(said)
  const heard = thinned(readChannel(sound, 0, at - reach * step, (window + 2 * reach) * step))
  let best = { fit: Number.NEGATIVE_INFINITY, lag: 0 }
  for (let lag = -reach; lag <= reach; lag++) {
    let product = 0
    let energy = 1e-9
    for (let index = 0; index < window; index++) {
      const sample = heard[reach + lag + index] ?? 0
      product += (wanted[index] ?? 0) * sample
      energy += sample * sample
    }
    const fit = product / Math.sqrt(energy)
    if (fit > best.fit) best = { fit, lag }
  }
  return (best.lag * step * 1000) / sound.sampleRateHz
}

function thinned(samples: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    let sum = 0
    for (let offset = 0; offset < step; offset++) sum += samples[index * step + offset] ?? 0
    return sum / step
  })
}
