import type { ThreadContext } from 'reprise'
import { everySecond, featuresOf, frameS } from '../../sound/features.ts'
import { runsOf, thresholdsOf } from '../../sound/kinds.ts'
import { LoudnessMeter } from '../../sound/loudness-meter.ts'
import { readBlocks, type SoundFile } from '../../sound/sound-file.ts'
import { type Hearing, levelS } from '../results/hearing.ts'
import { joinedSpans } from '../spans.ts'
import { type Burst, burstHopS, burstsOf } from '../tones/bursts.ts'
import { digitsIn } from '../tones/dtmf.ts'
import { recognizeTones } from '../tones/recognize.ts'

/** A long call has a coarser waveform: so many stretches at most. */
const mostStretches = 800
const shortestStretchS = 0.02
/** Channels whose difference is so much quieter than they are have the same sound. */
const sameDb = -40
const longestBusyGapS = 1
/** The times of tones are told in thousandths of a second. */
const roundedByS = 0.001
/** A voice holds no single frequency for so long, and never so clean. */
const [shortestBeepS, cleanBeepDb] = [0.3, 20]

/** Finds what is heard in a recording. */
export default function hear(sound: SoundFile, context: ThreadContext): Hearing {
  const lengthS = sound.frames / sound.sampleRateHz
  const stretchS = Math.max(shortestStretchS, lengthS / mostStretches)
  const { waveforms, levels, loudness, isDouble } = levelsOf(sound, stretchS)
  const channels = waveforms.map((waveform, channel) => {
    const fine = featuresOf(sound, channel, {
      hopS: burstHopS,
      onFrame: (share) => context.progress((channel + share) / waveforms.length),
    })
    const bursts = burstsOf(sound, channel, fine)
    const features = everySecond(fine)
    const tones = recognizeTones(bursts, channel)
    const isOfTone = ({ fromS, toS }: Burst) =>
      tones.some((tone) => fromS >= tone.fromS - roundedByS && toS <= tone.toS + roundedByS)
    // Busy is one sound, with its gaps; between two rings is silence.
    const sounding = joinedSpans(bursts.filter(isOfTone), longestBusyGapS)
    const segments = runsOf(features, sounding, bursts.filter(isBeep)).map(({ kind, from, to }) => ({
      kind,
      fromS: hundredths(from * frameS),
      toS: hundredths(Math.min(lengthS, to * frameS)),
    }))
    const floorDb = hundredths(thresholdsOf(features.levelDb).floorDb)
    const digits = digitsIn(sound, channel).map(({ key, fromS, toS, snrDb }) => ({
      key,
      fromS: hundredths(fromS),
      toS: hundredths(toS),
      snrDb: hundredths(snrDb),
    }))
    return {
      segments,
      integratedLufs: loudness[channel] ?? null,
      floorDb,
      waveform,
      levels: levels[channel] ?? '',
      bursts: bursts.map(told),
      digits,
    }
  })
  return { channels, stretchS, isDouble }
}

interface Levels {
  readonly waveforms: readonly string[]
  readonly levels: readonly string[]
  readonly loudness: readonly (number | null)[]
  readonly isDouble: boolean
}

function levelsOf(sound: SoundFile, stretchS: number): Levels {
  const stretches = Math.max(1, Math.ceil(sound.frames / sound.sampleRateHz / stretchS - 1e-9))
  const stretchFrames = stretchS * sound.sampleRateHz
  const peaks = Array.from({ length: sound.channels }, () => new Float32Array(stretches))
  const fineFrames = levelS * sound.sampleRateHz
  const fine = peaks.map(() => new Float32Array(Math.ceil(sound.frames / fineFrames - 1e-9)))
  const meters = peaks.map(() => new LoudnessMeter(sound.sampleRateHz, 1))
  let at = 0
  let [difference, power] = [0, 0]
  for (const block of readBlocks(sound)) {
    for (const [channel, samples] of block.entries()) {
      meters[channel]?.add([samples])
      const [peak, level] = [peaks[channel], fine[channel]]
      if (peak === undefined || level === undefined) continue
      for (let index = 0; index < samples.length; index++) {
        const stretch = Math.min(stretches - 1, Math.floor((at + index) / stretchFrames))
        const height = Math.abs(samples[index] ?? 0)
        if (height > (peak[stretch] ?? 0)) peak[stretch] = height
        const tenth = Math.floor((at + index) / fineFrames)
        if (height > (level[tenth] ?? 0)) level[tenth] = height
      }
    }
    const [one, other] = block
    if (one !== undefined && other !== undefined) {
      for (let index = 0; index < one.length; index++) {
        const sample = one[index] ?? 0
        difference += (sample - (other[index] ?? 0)) ** 2
        power += sample * sample
      }
    }
    at += block[0]?.length ?? 0
  }
  return {
    waveforms: peaks.map(hexOf),
    levels: fine.map(hexOf),
    loudness: meters.map(({ integratedLufs }) => (Number.isFinite(integratedLufs) ? hundredths(integratedLufs) : null)),
    isDouble: power > 0 && 10 * Math.log10(difference / power + 1e-12) < sameDb,
  }
}

function told({ fromS, toS, hz, snrDb }: Burst): Hearing['channels'][number]['bursts'][number] {
  const rounded = (value: number) => Math.round(value * 1000) / 1000
  return { fromS: rounded(fromS), toS: rounded(toS), hz: hz.map(rounded), snrDb: hundredths(snrDb) }
}

function hexOf(peaks: Float32Array): string {
  return Array.from(peaks, (peak) =>
    Math.min(255, Math.round(peak * 255))
      .toString(16)
      .padStart(2, '0'),
  ).join('')
}

/** Says whether a burst is a beep, like that of a mailbox, though it is no tone of an exchange. */
function isBeep({ fromS, toS, hz, snrDb }: Burst): boolean {
  return hz.length === 1 && toS - fromS >= shortestBeepS && snrDb >= cleanBeepDb
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
