import type { Media, MediaStream } from '../tools/ffprobe.ts'

/** The streams of a film that are kept. */
export interface KeptStreams {
  readonly video: MediaStream | undefined
  readonly audio: readonly MediaStream[]
}

/** Returns the picture and all the sound of a film; covers, subtitles and data are left out. */
export function keptStreams(media: Media): KeptStreams {
  return {
    video: media.streams.find(({ kind, isPicture }) => kind === 'video' && !isPicture),
    audio: media.streams.filter(({ kind }) => kind === 'audio'),
  }
}
