import type { ThreadContext } from 'reprise'
import { featuresOf, frameS } from '../../sound/features.ts'
import { runsOf, thresholdsOf } from '../../sound/kinds.ts'
import { LoudnessMeter } from '../../sound/loudness-meter.ts'
import { readBlocks, type SoundFile } from '../../sound/sound-file.ts'
import type { Hearing } from '../results/hearing.ts'

/** A long call has a coarser waveform: so many stretches at most. */
const mostStretches = 800
const shortestStretchS = 0.02
/** Channels whose difference is so much quieter than they are have the same sound. */
const sameDb = -40

/** Finds what is heard in a recording. */
export default function hear(sound: SoundFile, context: ThreadContext): Hearing {
  const lengthS = sound.frames / sound.sampleRateHz
  const stretchS = Math.max(shortestStretchS, lengthS / mostStretches)
  const { waveforms, loudness, isDouble } = levelsOf(sound, stretchS)
  const channels = waveforms.map((waveform, channel) => {
    const features = featuresOf(sound, channel, (share) => context.progress((channel + share) / waveforms.length))
    const segments = runsOf(features).map(({ kind, from, to }) => ({
      kind,
      fromS: hundredths(from * frameS),
      toS: hundredths(Math.min(lengthS, to * frameS)),
    }))
    const floorDb = hundredths(thresholdsOf(features.levelDb).floorDb)
    return { segments, integratedLufs: loudness[channel] ?? null, floorDb, waveform }
  })
  return { channels, stretchS, isDouble }
}

interface Levels {
  readonly waveforms: readonly string[]
  readonly loudness: readonly (number | null)[]
  readonly isDouble: boolean
}

function levelsOf(sound: SoundFile, stretchS: number): Levels {
  const stretches = Math.max(1, Math.ceil(sound.frames / sound.sampleRateHz / stretchS - 1e-9))
  const stretchFrames = stretchS * sound.sampleRateHz
  const peaks = Array.from({ length: sound.channels }, () => new Float32Array(stretches))
  const meters = peaks.map(() => new LoudnessMeter(sound.sampleRateHz, 1))
  let at = 0
  let [difference, power] = [0, 0]
  for (const block of readBlocks(sound)) {
    for (const [channel, samples] of block.entries()) {
      meters[channel]?.add([samples])
      const peak = peaks[channel]
      if (peak === undefined) continue
      for (const [index, sample] of samples.entries()) {
        const stretch = Math.min(stretches - 1, Math.floor((at + index) / stretchFrames))
        peak[stretch] = Math.max(peak[stretch] ?? 0, Math.abs(sample))
      }
    }
    const [one, other] = block
    if (one !== undefined && other !== undefined) {
      for (const [index, sample] of one.entries()) {
        difference += (sample - (other[index] ?? 0)) ** 2
        power += sample * sample
      }
    }
    at += block[0]?.length ?? 0
  }
  return {
    waveforms: peaks.map(hexOf),
    loudness: meters.map(({ integratedLufs }) => (Number.isFinite(integratedLufs) ? hundredths(integratedLufs) : null)),
    isDouble: power > 0 && 10 * Math.log10(difference / power + 1e-12) < sameDb,
  }
}

function hexOf(peaks: Float32Array): string {
  return Array.from(peaks, (peak) =>
    Math.min(255, Math.round(peak * 255))
      .toString(16)
      .padStart(2, '0'),
  ).join('')
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
