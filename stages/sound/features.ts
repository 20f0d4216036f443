import { readBlocks, type SoundFile } from './sound-file.ts'
import { Spectrum } from './spectrum.ts'

/** How far apart frames are, in seconds. */
export const frameS = 0.016

/** What telephones carry. */
const [lowestHz, highestHz] = [200, 3800]

/** What is measured of each frame of 32 ms, 16 ms apart: a number a frame. */
export interface Features {
  /** RMS, in decibels of full scale; -120 for digital silence. */
  readonly levelDb: Float32Array
  /** Spectral flatness between 200 and 3800 Hz: 1 for white noise, near 0 for a tone. */
  readonly flatness: Float32Array
  /** How much the spectrum changed since the frame before, from 0 to 1. */
  readonly flux: Float32Array
  /** The share of the power that the two strongest frequencies have. */
  readonly tonality: Float32Array
  /** The strongest frequency, in Hz. */
  readonly peakHz: Float32Array
}

/** Measures one channel of a sound file. It holds 100 bytes a second. */
export function featuresOf(sound: SoundFile, channel: number, onFrame?: (share: number) => void): Features {
  const hop = Math.round(frameS * sound.sampleRateHz)
  const count = Math.max(0, Math.ceil(sound.frames / hop) - 1)
  const made = {
    levelDb: new Float32Array(count),
    flatness: new Float32Array(count),
    flux: new Float32Array(count),
    tonality: new Float32Array(count),
    peakHz: new Float32Array(count),
  }
  const spectrum = new Spectrum(2 ** Math.ceil(Math.log2(2 * hop)))
  const frame = new Float32Array(2 * hop)
  const binHz = sound.sampleRateHz / spectrum.size
  const [low, high] = [Math.ceil(lowestHz / binHz), Math.floor(highestHz / binHz)]
  let before = new Float64Array(high - low + 1)
  let index = -1
  for (const block of readBlocks(sound, { size: hop })) {
    const samples = block[channel] ?? block[0] ?? new Float32Array(0)
    frame.copyWithin(0, hop)
    frame.fill(0, hop)
    frame.set(samples, hop)
    if (index >= 0 && index < count) {
      let square = 0
      for (const sample of frame) square += sample * sample
      made.levelDb[index] = Math.max(-120, 10 * Math.log10(square / frame.length + 1e-12))
      const power = spectrum.of(frame).subarray(low, high + 1)
      before = measureSpectrum(power, { made, index, before, low, binHz })
      onFrame?.(index / count)
    }
    index += 1
  }
  return made
}

interface Place {
  readonly made: Features
  readonly index: number
  readonly before: Float64Array
  readonly low: number
  readonly binHz: number
}

/** Measures one spectrum, and returns it normalized, for the next one to be held against. */
function measureSpectrum(power: Float64Array, { made, index, before, low, binHz }: Place): Float64Array<ArrayBuffer> {
  let sum = 1e-15
  let logs = 0
  let peak = 0
  for (const [bin, value] of power.entries()) {
    sum += value
    logs += Math.log(value + 1e-15)
    if (value > (power[peak] ?? 0)) peak = bin
  }
  made.flatness[index] = Math.exp(logs / power.length) / (sum / power.length)
  made.peakHz[index] = (low + peak) * binHz
  const around = (bin: number) => {
    let near = 0
    for (let other = Math.max(0, bin - 2); other <= Math.min(power.length - 1, bin + 2); other++)
      near += power[other] ?? 0
    return near
  }
  let second = -1
  for (const [bin, value] of power.entries()) {
    if (Math.abs(bin - peak) > 2 && value > (power[second] ?? 0)) second = bin
  }
  const twice = second < 0 ? 0 : Math.abs(second - peak) > 4 ? around(second) : (power[second] ?? 0)
  made.tonality[index] = Math.min(1, (around(peak) + twice) / sum)
  const normal = new Float64Array(power.length)
  let change = 0
  for (const [bin, value] of power.entries()) {
    const share = value / sum
    normal[bin] = share
    change += Math.abs(share - (before[bin] ?? 0))
  }
  made.flux[index] = change / 2
  return normal
}
