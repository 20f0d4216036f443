import type { Media, MediaStream } from '../tools/ffprobe.ts'

/** The streams of a film that are kept. */
export interface KeptStreams {
  readonly video: MediaStream | undefined
  readonly audio: readonly MediaStream[]
}

const isKnown = ({ codec }: MediaStream) => codec !== 'unknown'

/** Returns the picture and all the sound of a film that ffmpeg knows; covers, subtitles and data are left out. */
export function keptStreams(media: Media): KeptStreams {
  return {
    video: media.streams.find((stream) => stream.kind === 'video' && !stream.isPicture && isKnown(stream)),
    audio: media.streams.filter((stream) => stream.kind === 'audio' && isKnown(stream)),
  }
}

/** Returns the kept streams in one list, the picture first. */
export function keptList(media: Media): readonly MediaStream[] {
  const { video, audio } = keptStreams(media)
  return video === undefined ? audio : [video, ...audio]
}

/** Returns ffmpeg's arguments that take these streams of its first input. */
export function mapArgs(streams: readonly MediaStream[]): string[] {
  return streams.flatMap(({ index }) => ['-map', `0:${index}`])
}

/** Returns a stream in words, such as `subtitles (ass, eng)`. */
export function streamText({ kind, codec, language, isPicture, index }: MediaStream): string {
  const name = isPicture ? 'cover picture' : kind === 'subtitle' ? 'subtitles' : kind
  const inLanguage = language === undefined || language === 'und' ? '' : `, ${language}`
  return `${name} (stream ${index}, ${codec}${inLanguage})`
}
