import type { ToolHost } from '../../tools/ffmpeg.ts'
import { sampleRateHz, type WavSamples } from '../wav.ts'
import { sileroPresence } from '../whisper/presence.ts'
import { frameSamples, type Span } from '../whisper/speech-presence.ts'
import { AnchorFinder, eachBlock, SoundHash } from './anchors.ts'

/** A few hundredths of a second of a recording. */
export interface Moment {
  /** In samples; it ends where the next begins. */
  readonly from: number
  /** How likely somebody speaks, from 0 to 1. */
  readonly presence: number
  /** How loud it is, in dB of full scale. */
  readonly levelDb: number
  /** The least hash of its sound, and where that is: also found where frames begin a little earlier or later. */
  readonly hash: number
  readonly hashAt: number
  /** Since when the sound has not changed at all, as in digital silence, where it is the same to the moment's end. */
  readonly flatFrom: number
}

/**
 * Returns the moments of a recording. What is told of one depends on the sound near it alone: frames are counted anew, and
 * the detector listens anew, from each place that the sound decides. So a change leaves what is told of the rest as it was.
 */
export async function momentsOf(
  host: ToolHost,
  samples: WavSamples,
  detector: string | undefined,
): Promise<readonly Moment[]> {
  const finder = new AnchorFinder()
  await eachBlock(samples, (block) => {
    for (const sample of block) finder.add(sample)
  })
  const starts = [0, ...finder.anchors]
  const parts = starts.map((from, index) => ({ from, to: starts[index + 1] ?? samples.samples }))
  const frames = parts.flatMap(framesIn)
  const sounds = await soundsOf(samples, frames)
  const levels = sounds.map(({ levelDb }) => levelDb)
  const isByLevel = detector !== 'silero-vad'
  const presences = isByLevel
    ? presenceNearby(frames, levels)
    : await sileroPresence(host, { samples, part: 0.9 }, parts)
  return sounds.map((sound, index) => ({ ...sound, presence: presences[index] ?? 0 }))
}

/** Returns the whole frames of a part; what is left at its end belongs to the last. */
function framesIn({ from, to }: Span): readonly Span[] {
  const count = Math.floor((to - from) / frameSamples)
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * frameSamples
    return { from: at, to: at + frameSamples }
  })
}

const silentDb = -120

async function soundsOf(samples: WavSamples, frames: readonly Span[]): Promise<readonly Omit<Moment, 'presence'>[]> {
  const sounds: Omit<Moment, 'presence'>[] = []
  const sound = new SoundHash()
  const least = { hash: Number.POSITIVE_INFINITY, at: 0 }
  let [at, sum, last, flatFrom] = [0, 0, 0, 0]
  await eachBlock(samples, (block) => {
    for (const sample of block) {
      const hash = sound.add(sample)
      if (sample !== last) flatFrom = at
      last = sample
      const frame = frames[sounds.length]
      if (frame !== undefined && at >= frame.from) {
        sum += sample * sample
        if (hash < least.hash) Object.assign(least, { hash, at })
        if (at + 1 === frame.to) {
          const levelDb = 10 * Math.log10(sum / frameSamples / 32_768 ** 2 + 10 ** (silentDb / 10))
          sounds.push({ from: frame.from, levelDb, hash: least.hash, hashAt: least.at, flatFrom })
          sum = 0
          least.hash = Number.POSITIVE_INFINITY
        }
      }
      at += 1
    }
  })
  return sounds
}

/** How far around a moment the quiet and the loud are looked for. */
const aroundS = 15
const aroundFrames = Math.round((aroundS * sampleRateHz) / frameSamples)
/** What is quieter than this is silence, however quiet the rest is. */
const quietDb = -55
/** How much louder than the quiet parts, and how much quieter than the loud ones, speech begins. */
const [aboveFloorDb, belowTopDb] = [8, 20]
const slopeDb = 3

/** Guesses where somebody speaks by how loud it is, beside what is near. */
function presenceNearby(frames: readonly Span[], levels: readonly number[]): readonly number[] {
  const window = new SortedWindow()
  return frames.map((_, index) => {
    for (let next = window.end; next <= Math.min(frames.length - 1, index + aroundFrames); next += 1)
      window.add(levels[next] ?? silentDb)
    while (window.begin < index - aroundFrames) window.remove(levels[window.begin] ?? silentDb)
    const floorDb = window.at(0.1)
    const topDb = window.at(0.95)
    const thresholdDb = Math.max(quietDb, Math.min(floorDb + aboveFloorDb, topDb - belowTopDb))
    return 1 / (1 + 2 ** ((thresholdDb - (levels[index] ?? silentDb)) / slopeDb))
  })
}

/** The levels around a moment, sorted. */
class SortedWindow {
  readonly #sorted: number[] = []
  begin = 0
  end = 0

  add(level: number): void {
    this.#sorted.splice(this.#placeOf(level), 0, level)
    this.end += 1
  }

  remove(level: number): void {
    this.#sorted.splice(this.#placeOf(level), 1)
    this.begin += 1
  }

  at(share: number): number {
    return this.#sorted[Math.floor(share * this.#sorted.length)] ?? silentDb
  }

  #placeOf(level: number): number {
    let [from, to] = [0, this.#sorted.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#sorted[middle] ?? 0) < level) from = middle + 1
      else to = middle
    }
    return from
  }
}
