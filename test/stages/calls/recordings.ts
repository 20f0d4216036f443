import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { wavHeader, wavSamples } from '../../../stages/media/wav.ts'

/** What recorders of telephone calls use. */
export const rateHz = 8000

/** A stretch of sound: seconds from the start, and how long. */
export interface Spoken {
  readonly fromS: number
  readonly toS: number
}

/**
 * Returns numbers between -1 and 1 that look random, and are the same for the same seed (mulberry32). Those of two seeds have
 * nothing in common, or recordings would be aligned by their noise.
 */
export function noiseOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  }
}

/**
 * Returns what sounds like speech to a machine: syllables of gliding harmonics with hiss between them, at `pitchHz`, while
 * somebody speaks; elsewhere the hum of a line.
 */
export function speech(lengthS: number, spoken: readonly Spoken[], pitchHz = 120, seed = 1): Float32Array {
  const noise = noiseOf(seed)
  const samples = new Float32Array(Math.round(lengthS * rateHz))
  let phase = 0
  for (let index = 0; index < samples.length; index++) {
    const time = index / rateHz
    const isSpoken = spoken.some(({ fromS, toS }) => time >= fromS && time < toS)
    const hum = noise() * 0.0006
    if (!isSpoken) {
      samples[index] = hum
      continue
    }
    const syllable = time * 4.3
    const within = syllable - Math.floor(syllable)
    const envelope = Math.sin(Math.PI * within) ** 2
    const glide = pitchHz * (1 + 0.12 * Math.sin(2.1 * time + seed) + 0.05 * Math.sin(9 * time))
    phase += (2 * Math.PI * glide) / rateHz
    let voice = 0
    for (let harmonic = 1; harmonic <= 18; harmonic++) {
      const hz = harmonic * glide
      const formant = 500 + 300 * Math.sin(1.7 * Math.floor(syllable) + seed)
      voice += Math.sin(harmonic * phase) / (1 + ((hz - formant) / 350) ** 2)
    }
    const hiss = Math.floor(syllable) % 3 === 0 && within < 0.3 ? noise() * 0.12 : 0
    samples[index] = voice * 0.12 * envelope + hiss + hum
  }
  return samples
}

/** Returns the samples of 16 bits; what is louder than full scale is clipped. */
export function asSamples(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))))
}

/** Returns a WAV file of one channel a sound. */
export function wavOf(...channels: readonly Float32Array[]): Buffer {
  const frames = channels[0]?.length ?? 0
  const samples = new Int16Array(frames * channels.length)
  for (const [channel, sound] of channels.entries())
    for (const [frame, value] of asSamples(sound).entries()) samples[frame * channels.length + channel] = value
  return Buffer.concat([wavHeader(rateHz, frames, channels.length), wavSamples(samples)])
}

export function writeRecording(path: string, bytes: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}
