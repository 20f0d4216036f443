import { songRateHz } from '../../../stages/music/signal/spectrogram.ts'

/** A sound that is added to a song. */
interface Sounding {
  readonly atS: number
  readonly lengthS: number
  readonly hz: number
  readonly level: number
  /** 0 a tone, 1 noise. */
  readonly noise?: number
  /** How fast it fades: 0 not at all. */
  readonly decay?: number
}

/** Returns samples of sounds; the noise is the same each time. */
export function synthesized(sounds: readonly Sounding[], durationS: number): Float32Array {
  const samples = new Float32Array(Math.round(durationS * songRateHz))
  let state = 1
  const random = () => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x3fffffff - 1
  }
  for (const { atS, lengthS, hz, level, noise = 0, decay = 6 } of sounds) {
    const from = Math.round(atS * songRateHz)
    for (let at = 0; at < lengthS * songRateHz && from + at < samples.length; at++) {
      const seconds = at / songRateHz
      const tone = (1 - noise) * Math.sin(2 * Math.PI * hz * seconds) + noise * random()
      const edge = Math.min(1, seconds / 0.005, (lengthS - seconds) / 0.01)
      samples[from + at] = (samples[from + at] ?? 0) + level * edge * Math.exp((-decay * seconds) / lengthS) * tone
    }
  }
  return samples
}

/** Returns the times of beats whose tempo goes evenly from one to another. */
export function beatTimes(count: number, fromBpm: number, toBpm = fromBpm, startS = 0.5): readonly number[] {
  const times = [startS]
  for (let beat = 1; beat < count; beat++) {
    const bpm = fromBpm + ((toBpm - fromBpm) * (beat - 1)) / Math.max(1, count - 2)
    times.push((times.at(-1) ?? 0) + 60 / bpm)
  }
  return times
}

const roots = [110, 146.8, 164.8, 123.5]

/** Returns a band: a bass drum and a new chord on the first beat of each bar, a snare within it, cymbals on each beat and between. */
export function band(beats: readonly number[], beatsPerBar: number): Float32Array {
  const sounds = beats.flatMap((atS, index): Sounding[] => {
    const position = index % beatsPerBar
    const lengthS = (beats[index + 1] ?? atS + 0.5) - atS
    const root = roots[Math.floor(index / beatsPerBar) % roots.length] ?? 110
    const isSnare = beatsPerBar === 4 ? position % 2 === 1 : position > 0
    return [
      { atS, lengthS: 0.05, hz: 0, level: 0.15, noise: 1 },
      { atS: atS + lengthS / 2, lengthS: 0.03, hz: 0, level: 0.05, noise: 1 },
      ...(position === 0 ? [{ atS, lengthS: 0.15, hz: 55, level: 0.5 }] : []),
      ...(isSnare ? [{ atS, lengthS: 0.08, hz: 190, level: 0.25, noise: 0.6 }] : []),
      ...[1, 1.26, 1.5].map((ratio) => ({
        atS,
        lengthS,
        hz: root * ratio,
        level: position === 0 ? 0.08 : 0.04,
        decay: 1,
      })),
    ]
  })
  return synthesized(sounds, (beats.at(-1) ?? 0) + 1)
}
