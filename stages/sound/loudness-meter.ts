import type { Block } from './sound-file.ts'

/** A filter of second order, in the direct form II transposed. */
interface Biquad {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number]
}

/**
 * Returns the filters of K-weighting (ITU-R BS.1770-4, annex 1) at a sample rate: a shelf for the head, and a high pass. The
 * recommendation gives them at 48 kHz; these are the analogue filters behind them, by the bilinear transform.
 */
export function kWeighting(sampleRateHz: number): readonly [Biquad, Biquad] {
  const shelf = (() => {
    const [f0, gainDb, q] = [1681.974450955533, 3.999843853973347, 0.7071752369554196]
    const k = Math.tan((Math.PI * f0) / sampleRateHz)
    const high = 10 ** (gainDb / 20)
    const band = high ** 0.4996667741545416
    const scale = 1 + k / q + k * k
    return {
      b: [
        (high + (band * k) / q + k * k) / scale,
        (2 * (k * k - high)) / scale,
        (high - (band * k) / q + k * k) / scale,
      ],
      a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale],
    } as const
  })()
  const highPass = (() => {
    const [f0, q] = [38.13547087602444, 0.5003270373238773]
    const k = Math.tan((Math.PI * f0) / sampleRateHz)
    const scale = 1 + k / q + k * k
    return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] } as const
  })()
  return [shelf, highPass]
}

/** The filters of K-weighting, sample by sample. */
export class Weighted {
  readonly #filters: readonly [Biquad, Biquad]
  readonly #state = new Float64Array(4)

  constructor(sampleRateHz: number) {
    this.#filters = kWeighting(sampleRateHz)
  }

  next(sample: number): number {
    const state = this.#state
    const [one, two] = this.#filters
    const middle = one.b[0] * sample + (state[0] ?? 0)
    state[0] = one.b[1] * sample - one.a[0] * middle + (state[1] ?? 0)
    state[1] = one.b[2] * sample - one.a[1] * middle
    const out = two.b[0] * middle + (state[2] ?? 0)
    state[2] = two.b[1] * middle - two.a[0] * out + (state[3] ?? 0)
    state[3] = two.b[2] * middle - two.a[1] * out
    return out
  }
}

/** How long the steps are of which the blocks are made that are gated. */
export const stepS = 0.1
/** Blocks of 400 ms, of which each shares three quarters with the next. */
const stepsInBlock = 4
const absoluteGateLufs = -70
const relativeGateLu = -10

/** Measures how loud sound is (ITU-R BS.1770-4) while it passes, block by block. */
export class LoudnessMeter {
  readonly #channels: readonly Weighted[]
  readonly #stepFrames: number
  /** The mean square of each 100 ms, summed over the channels. */
  readonly #steps: number[] = []
  #sum = 0
  #count = 0

  constructor(sampleRateHz: number, channels: number) {
    this.#channels = Array.from({ length: channels }, () => new Weighted(sampleRateHz))
    this.#stepFrames = Math.round(sampleRateHz * stepS)
  }

  add(block: Block): void {
    const frames = block[0]?.length ?? 0
    for (let frame = 0; frame < frames; frame++) {
      for (let index = 0; index < this.#channels.length; index++) {
        const weighted = this.#channels[index]?.next(block[index]?.[frame] ?? 0) ?? 0
        this.#sum += weighted * weighted
      }
      if (++this.#count < this.#stepFrames) continue
      this.#steps.push(this.#sum / this.#count)
      this.#sum = 0
      this.#count = 0
    }
  }

  /** The integrated loudness, in LUFS; minus infinity where nothing is above -70 LUFS, or it lasts less than 400 ms. */
  get integratedLufs(): number {
    return gatedLufs(this.#steps)
  }
}

/** Returns the integrated loudness of sound by the mean square of each 100 ms, weighted and summed over the channels. */
export function gatedLufs(steps: readonly number[]): number {
  const blocks: number[] = []
  for (let at = stepsInBlock; at <= steps.length; at++) {
    let sum = 0
    for (let step = at - stepsInBlock; step < at; step++) sum += steps[step] ?? 0
    blocks.push(sum / stepsInBlock)
  }
  const audible = blocks.filter((power) => lufs(power) > absoluteGateLufs)
  const gate = lufs(mean(audible)) + relativeGateLu
  return lufs(mean(audible.filter((power) => lufs(power) > gate)))
}

function lufs(power: number): number {
  return -0.691 + 10 * Math.log10(power)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
