import * as z from 'zod/mini'
import { languageCode, languageParam } from '../languages/languages.ts'
import { described } from '../schema/schema.ts'
import type { Media, MediaStream } from '../tools/ffprobe.ts'

/** Returns the params that choose among a film's audio tracks. */
export function trackParams() {
  return {
    audioTrack: described(
      z.optional(z.int().check(z.gte(0))),
      'which audio track is recognized, counted from 0; by default one in the spoken language, or the one that is played',
    ),
  }
}

/** Returns the param for the spoken language, which also chooses a track. */
export function spokenLanguageParam() {
  return { language: described(z.optional(languageParam()), 'the language that is spoken') }
}

/** The params that choose an audio track. */
export interface TrackChoice {
  /** Counted from 0. */
  readonly audioTrack?: number | undefined
  readonly language?: string | undefined
}

/** An audio stream, and which one of a film's it is, counted from 0. */
export interface AudioTrack {
  readonly position: number
  readonly stream: MediaStream
}

/**
 * Returns the requested track; else, among those that can be decoded and are in the language, or among all that can be
 * decoded, the one that players choose.
 */
export function chosenTrack(
  media: Media,
  { audioTrack, language }: TrackChoice,
  decodable: ReadonlySet<string>,
): AudioTrack | undefined {
  const tracks = media.streams
    .filter(({ kind }) => kind === 'audio')
    .map((stream, position): AudioTrack => ({ position, stream }))
  if (audioTrack !== undefined) return tracks[audioTrack]
  const heard = tracks.filter(({ stream }) => decodable.has(stream.codec))
  const spoken = heard.filter(
    ({ stream }) => language !== undefined && languageCode(stream.language ?? '') === language,
  )
  const fitting = spoken.length === 0 ? heard : spoken
  return fitting.find(({ stream }) => stream.isDefault) ?? fitting[0]
}
