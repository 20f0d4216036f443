import type { SoundFile } from '../sound/sound-file.ts'
import type { Alignment } from './results/recording.ts'

/** One side of a call: a channel of a sound file, and where it lies in the time of the call. */
export interface Side {
  readonly sound: SoundFile
  readonly channel: number
  readonly startS: number
  readonly driftPpm: number
}

/** Returns the sides of a call of one or two recordings: those of two channels, or of two files. */
export function sidesOf(sounds: readonly SoundFile[], alignment: Alignment | undefined): readonly Side[] {
  const [first] = sounds
  if (sounds.length === 1 && first !== undefined) {
    return Array.from({ length: first.channels }, (_, channel) => ({ sound: first, channel, startS: 0, driftPpm: 0 }))
  }
  return sounds.map((sound, leg) => ({ sound, channel: 0, ...(alignment?.legs[leg] ?? { startS: 0, driftPpm: 0 }) }))
}

/** Returns how long a call is, from the first moment of any side to the last. */
export function callLengthS(sides: readonly Side[]): number {
  return Math.max(
    0,
    ...sides.map(({ sound, startS, driftPpm }) => startS + sound.frames / sound.sampleRateHz / (1 + driftPpm / 1e6)),
  )
}
