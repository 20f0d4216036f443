import { decibels } from './decibels.ts'
import { gatedLufs, stepS, Weighted } from './loudness-meter.ts'
import { PeakMeter } from './peak-meter.ts'
import { readBlocks, type SoundFile } from './sound-file.ts'

/** How loud a sound is, and each of its parts by itself (ITU-R BS.1770-4); minus infinity for silence. */
export interface MeasuredParts {
  readonly integratedLufs: number
  readonly truePeakDb: number
  readonly partsLufs: readonly number[]
}

/** Collects the power of sound in the steps of which loudness is made. */
class Steps {
  readonly #frames: number
  readonly #steps: number[] = []
  #sum = 0
  #count = 0

  constructor(sampleRateHz: number) {
    this.#frames = Math.round(sampleRateHz * stepS)
  }

  add(power: number): void {
    this.#sum += power
    if (++this.#count < this.#frames) return
    this.#steps.push(this.#sum / this.#count)
    this.#sum = 0
    this.#count = 0
  }

  get integratedLufs(): number {
    return gatedLufs(this.#steps)
  }
}

/** Measures a sound and its parts in one pass. `ends` are where the parts end, in samples of each channel. */
export function measureParts(sound: SoundFile, ends: readonly number[] = []): MeasuredParts {
  // A voice is the same in both channels, and then has to be weighted once only.
  return (sound.channels === 2 ? measured(sound, ends, true) : undefined) ?? measured(sound, ends, false) ?? silence
}

const silence: MeasuredParts = {
  integratedLufs: Number.NEGATIVE_INFINITY,
  truePeakDb: Number.NEGATIVE_INFINITY,
  partsLufs: [],
}

/** Returns undefined where the channels were to be alike, and are not. */
function measured(sound: SoundFile, ends: readonly number[], areAlike: boolean): MeasuredParts | undefined {
  const { sampleRateHz } = sound
  const filters = Array.from({ length: areAlike ? 1 : sound.channels }, () => new Weighted(sampleRateHz))
  const share = areAlike ? sound.channels : 1
  const peaks = new PeakMeter()
  const whole = new Steps(sampleRateHz)
  const partsLufs: number[] = []
  let part = new Steps(sampleRateHz)
  let at = 0
  for (const block of readBlocks(sound)) {
    if (areAlike && !isSame(block[0], block[1])) return undefined
    const heard = block.slice(0, filters.length)
    peaks.add(heard)
    const frames = heard[0]?.length ?? 0
    for (let frame = 0; frame < frames; frame++) {
      let power = 0
      for (let channel = 0; channel < filters.length; channel++) {
        const weighted = filters[channel]?.next(heard[channel]?.[frame] ?? 0) ?? 0
        power += weighted * weighted
      }
      whole.add(share * power)
      part.add(share * power)
      at += 1
      if (at !== ends[partsLufs.length]) continue
      partsLufs.push(part.integratedLufs)
      part = new Steps(sampleRateHz)
    }
  }
  while (partsLufs.length < ends.length) {
    partsLufs.push(part.integratedLufs)
    part = new Steps(sampleRateHz)
  }
  return { integratedLufs: whole.integratedLufs, truePeakDb: decibels(peaks.peak), partsLufs }
}

function isSame(one: Float32Array | undefined, other: Float32Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}
