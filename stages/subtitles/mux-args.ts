import { join } from 'node:path'
import { longLanguageCode } from '../languages/languages.ts'
import { type Clip, clipLengthArgs, clipStart } from '../media/clip.ts'
import { keptStreams } from '../media/kept-streams.ts'
import { bitexactArgs, fileUrl, globalArgs, inputArgs } from '../tools/ffmpeg.ts'
import type { Media, MediaStream } from '../tools/ffprobe.ts'
import type { TrackIndex } from './tracks.ts'

/** How film is encoded where it cannot be copied. */
export interface EncodeParams {
  /** x264's constant rate factor. */
  readonly quality: number
  /** Fixed, because x264's output depends on it. */
  readonly encodeThreads: number
}

export type Container = 'mp4' | 'mkv'

/** Codecs that mp4 holds and players find there. */
const mp4Codecs = {
  video: ['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'mpeg2video', 'mpeg1video', 'mjpeg', 'vc1'],
  audio: ['aac', 'mp3', 'mp2', 'ac3', 'eac3', 'dts', 'opus', 'vorbis', 'alac'],
}

/** Codecs of QuickTime and AIFF that have no name in Matroska, which holds nearly all others. */
const notInMkv = ['pcm_s8', 'pcm_f32be', 'pcm_f64be', 'adpcm_ima_qt', 'mace3', 'mace6']

function holds(container: Container, { kind, codec }: MediaStream): boolean {
  if (container === 'mkv') return !notInMkv.includes(codec)
  return (kind === 'video' ? mp4Codecs.video : mp4Codecs.audio).includes(codec)
}

/** Returns the streams that a container cannot hold as they are. */
export function unholdable(media: Media, container: Container): readonly MediaStream[] {
  const { video, audio } = keptStreams(media)
  return [...(video === undefined ? [] : [video]), ...audio].filter((stream) => !holds(container, stream))
}

const filmMaps = ['-map', '0:V:0?', '-map', '0:a?']

function encodeVideo({ quality, encodeThreads }: EncodeParams): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(quality), '-threads:v', String(encodeThreads)],
    // What every player shows: eight bits, even sizes.
    ...['-pix_fmt', 'yuv420p', '-vf', 'crop=trunc(iw/2)*2:trunc(ih/2)*2'],
  ]
}

const encodeAudio = (stream: string) => [`-c:${stream}`, 'aac', `-b:${stream}`, '192k']

/** Returns ffmpeg's arguments that cut a clip out of a film, exactly: between key frames, only encoding can. */
export function cutArgs(film: string, output: string, clip: Clip, params: EncodeParams): string[] {
  return [
    ...globalArgs(),
    ...inputArgs(film, clipStart(clip)),
    ...clipLengthArgs(clip),
    ...filmMaps,
    ...encodeVideo(params),
    ...encodeAudio('a'),
    ...['-map_chapters', '-1', '-dn', '-sn'],
    ...bitexactArgs(),
    ...['-f', 'mp4', fileUrl(output)],
  ]
}

export interface MuxRequest {
  readonly film: string
  /** What the film holds. */
  readonly media: Media
  /** The directory that the index refers to. */
  readonly tracks: string
  readonly index: TrackIndex
  readonly encode: EncodeParams
  readonly container: Container
  readonly output: string
}

/** What an mp4 says of being one, which ffmpeg would write into an mkv as tags. */
const withoutBrands = ['major_brand', 'minor_version', 'compatible_brands'].flatMap((name) => ['-metadata', `${name}=`])

function codecArgs({ media, container, encode }: MuxRequest): string[] {
  const { video, audio } = keptStreams(media)
  return [
    ...(video === undefined || holds(container, video) ? ['-c:v', 'copy'] : encodeVideo(encode)),
    // Apple's players know HEVC in mp4 only under this name.
    ...(container === 'mp4' && video?.codec === 'hevc' ? ['-tag:v', 'hvc1'] : []),
    ...audio.flatMap((stream, position) =>
      holds(container, stream) ? [`-c:a:${position}`, 'copy'] : encodeAudio(`a:${position}`),
    ),
    ...['-c:s', container === 'mp4' ? 'mov_text' : 'srt'],
  ]
}

/** Returns the position of the track that is shown unless the viewer chooses: the last translation, or what is spoken. */
export function defaultTrack(index: TrackIndex): number {
  return index.length - 1
}

function trackArgs({ index, container }: MuxRequest): string[] {
  // An mp4 has no titles of streams; its players show the handler's name.
  const titleKey = container === 'mp4' ? 'handler_name' : 'title'
  return index.flatMap(({ language, title }, position) => [
    ...[`-metadata:s:s:${position}`, `language=${longLanguageCode(language)}`],
    ...[`-metadata:s:s:${position}`, `${titleKey}=${title}`],
    ...[`-disposition:s:${position}`, position === defaultTrack(index) ? 'default' : '0'],
  ])
}

/** Returns ffmpeg's arguments that put a film and its subtitles into one file. */
export function muxArgs(request: MuxRequest): string[] {
  const { film, tracks, index, container, output } = request
  return [
    ...globalArgs(),
    // Pictures may have no time of their own but that of their order (MPEG-PS, AVI); Matroska wants one for each.
    ...['-fflags', '+genpts'],
    ...inputArgs(film),
    ...index.flatMap(({ files }) => inputArgs(join(tracks, files.srt), { format: 'srt' })),
    ...filmMaps,
    ...index.flatMap((_, position) => ['-map', `${position + 1}:0`]),
    '-dn',
    ...(container === 'mkv' ? withoutBrands : []),
    ...codecArgs(request),
    ...trackArgs(request),
    ...bitexactArgs(),
    ...(container === 'mp4' ? ['-movflags', '+faststart', '-f', 'mp4'] : ['-f', 'matroska']),
    fileUrl(output),
  ]
}
