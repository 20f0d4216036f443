import type { SoundFile } from '../sound/sound-file.ts'
import type { Hearing } from './results/hearing.ts'
import type { Alignment } from './results/recording.ts'
import type { Span } from './spans.ts'
import type { FoundTone } from './tones/found-tone.ts'

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

/** Where a recording is that is the only one of its call. */
export const atStart = { startS: 0, driftPpm: 0 }

/** A recording in its call: where it is, and how many sides it has. */
export interface Leg {
  readonly channels: number
  readonly startS: number
  readonly driftPpm: number
}

/** Returns a stretch of a recording in seconds of its call. */
export function spanInCall<Stretch extends Span>(
  stretch: Stretch,
  { startS, driftPpm }: Omit<Leg, 'channels'>,
): Stretch {
  const time = (seconds: number) => Math.round((startS + seconds / (1 + driftPpm / 1e6)) * 1000) / 1000
  return { ...stretch, fromS: time(stretch.fromS), toS: time(stretch.toS) }
}

/** Returns the tones of a call's recordings in seconds of it; `channel` is then the side. */
export function tonesInCall(found: readonly (readonly FoundTone[])[], legs: readonly Leg[]): readonly FoundTone[] {
  return found.flatMap((tones, leg) =>
    tones.map((tone) => spanInCall({ ...tone, channel: legs.length > 1 ? leg : tone.channel }, legs[leg] ?? atStart)),
  )
}

/** Returns when each side of a call speaks, in seconds of it. */
export function speechInCall(hearings: readonly Hearing[], legs: readonly Leg[]): readonly (readonly Span[])[] {
  return hearings.flatMap(({ channels }, leg) =>
    (legs.length > 1 ? channels.slice(0, 1) : channels).map(({ segments }) =>
      segments.filter(({ kind }) => kind === 'speech').map((segment) => spanInCall(segment, legs[leg] ?? atStart)),
    ),
  )
}
