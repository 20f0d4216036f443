import { join } from 'node:path'
import { languageCode, longLanguageCode } from '../languages/languages.ts'
import { type Clip, clipEndArgs, clipReach } from '../media/clip.ts'
import { mapArgs } from '../media/kept-streams.ts'
import { stereoFilter } from '../media/mono.ts'
import { bitexactArgs, fileUrl, globalArgs, inputArgs, secondsArg } from '../tools/ffmpeg.ts'
import type { Media, MediaStream } from '../tools/ffprobe.ts'
import { formatOf, type MuxPlan, tagArgs } from './mux-plan.ts'
import type { TrackIndex } from './tracks.ts'

/** How film is encoded where it cannot be copied. */
export interface EncodeParams {
  /** x264's constant rate factor. */
  readonly quality: number
  /** Fixed, because x264's output depends on it. */
  readonly encodeThreads: number
}

/** Returns the arguments of the video encoder; `filter` is what is done to the picture before. */
export function encodeVideo({ quality, encodeThreads }: EncodeParams, filter?: string): string[] {
  const even = 'crop=trunc(iw/2)*2:trunc(ih/2)*2'
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(quality), '-threads:v', String(encodeThreads)],
    // What every player shows: eight bits, even sizes.
    ...['-pix_fmt', 'yuv420p', '-vf', filter === undefined ? even : `${filter},${even}`],
  ]
}

/** How many packets wait for a stream that starts late: as many as there are. */
const patience = ['-max_muxing_queue_size', '10000000']

/** The most channels that the encoder takes. */
const mostChannels = 8

/** The layouts that the encoder takes and players know; ffmpeg mixes any other one to the nearest. */
const layouts = 'aformat=channel_layouts=mono|stereo|3.0|4.0|5.0|5.1|7.1'

/** What one channel gets: at these rates the fast coder keeps more of the sound than the other one, in half the time. */
const channelBits = 96_000
/** More than this is of no use where few samples a second come in. */
const bitsPerSample = 4

function soundBits({ channels, sampleRateHz }: MediaStream): number {
  const count = channels > mostChannels ? 2 : Math.max(1, channels)
  return count * (sampleRateHz > 0 ? Math.min(channelBits, bitsPerSample * sampleRateHz) : channelBits)
}

function encodeAudio(stream: MediaStream, position: number): string[] {
  const name = `a:${position}`
  // Where the sound's layout changes, or time is missing, silence keeps what follows at its time.
  const mix = stream.channels > mostChannels ? `${stereoFilter(stream)},` : ''
  return [
    ...[`-c:${name}`, 'aac', `-aac_coder:${name}`, 'fast', `-b:${name}`, String(soundBits(stream))],
    ...[`-filter:${name}`, `${mix}aresample=async=1,${layouts}`],
  ]
}

export interface CutRequest {
  readonly film: string
  /** How its times are read. */
  readonly clock: readonly string[]
  readonly media: Media
  /** Those of the film's streams that are in the clip, the picture first. */
  readonly streams: readonly MediaStream[]
  readonly output: string
  readonly clip: Clip & EncodeParams
}

/** Returns ffmpeg's arguments that cut a clip out of a film, exactly: between key frames, only encoding can. */
export function cutArgs({ film, clock, media, streams, output, clip }: CutRequest): string[] {
  const reach = clipReach(clip, media)
  const audio = streams.filter(({ kind }) => kind === 'audio')
  return [
    ...globalArgs(),
    ...clock,
    ...inputArgs(film, reach.input),
    ...(reach.skipS === 0 ? [] : ['-ss', secondsArg(reach.skipS)]),
    ...clipEndArgs({ endS: reach.endS === undefined ? undefined : reach.endS - reach.skipS }),
    ...mapArgs(streams),
    ...(audio.length === streams.length ? [] : encodeVideo(clip)),
    ...audio.flatMap(encodeAudio),
    ...['-map_chapters', '-1', ...patience],
    ...bitexactArgs(),
    ...['-f', 'mp4', fileUrl(output)],
  ]
}

export interface MuxRequest {
  readonly film: string
  /** How its times are read. */
  readonly clock: readonly string[]
  readonly plan: MuxPlan
  /** The directory that the index refers to. */
  readonly tracks: string
  readonly index: TrackIndex
  readonly encode: EncodeParams
  readonly flags?: TrackFlags
  readonly output: string
}

/** What an mp4 says of being one, which ffmpeg would write into an mkv as tags. */
const withoutBrands = ['major_brand', 'minor_version', 'compatible_brands'].flatMap((name) => ['-metadata', `${name}=`])

function codecArgs({ plan, encode }: MuxRequest): string[] {
  const [video, audio] = [true, false].map((isVideo) =>
    plan.streams.filter(({ stream }) => (stream.kind === 'video') === isVideo),
  )
  return [
    ...(video?.some(({ isEncoded }) => isEncoded) === true ? encodeVideo(encode) : ['-c:v', 'copy']),
    ...tagArgs(
      plan.container,
      (video ?? []).flatMap(({ stream, isEncoded }) => (isEncoded ? [] : [stream])),
    ),
    ...(audio ?? []).flatMap(({ stream, isEncoded }, position) =>
      isEncoded ? encodeAudio(stream, position) : [`-c:a:${position}`, 'copy'],
    ),
    ...['-c:s', plan.container === 'mp4' ? 'mov_text' : 'srt'],
  ]
}

/** Which tracks players show by themselves. */
export interface TrackFlags {
  /** The language of the track that is shown unless the viewer chooses; `none` for no track. */
  readonly shownTrack?: string | undefined
  /** The languages of tracks that are shown even where subtitles are off. */
  readonly forcedTracks?: readonly string[]
}

/**
 * Returns the position of the track that is shown unless the viewer chooses: the one that was asked for, else the last
 * translation, or what is spoken; -1 for none.
 */
export function defaultTrack(index: TrackIndex, { shownTrack }: TrackFlags = {}): number {
  if (shownTrack === 'none') return -1
  const asked = index.findIndex(({ language }) => language === shownTrack)
  return asked < 0 ? index.length - 1 : asked
}

function dispositionOf(index: TrackIndex, position: number, flags: TrackFlags): string {
  const isForced = flags.forcedTracks?.includes(index[position]?.language ?? '') === true
  const set = [...(position === defaultTrack(index, flags) ? ['default'] : []), ...(isForced ? ['forced'] : [])]
  return set.length === 0 ? '0' : set.join('+')
}

function trackArgs({ index, plan, flags = {} }: MuxRequest): string[] {
  // An mp4 has no titles of streams; its players show the handler's name.
  const titleKey = plan.container === 'mp4' ? 'handler_name' : 'title'
  return index.flatMap(({ language, title }, position) => [
    ...[`-metadata:s:s:${position}`, `language=${longLanguageCode(language)}`],
    ...[`-metadata:s:s:${position}`, `${titleKey}=${title}`],
    ...[`-disposition:s:${position}`, dispositionOf(index, position, flags)],
  ])
}

/** An mp4 has room for three letters only, and loses the language of a track in `en-US`. */
function languageArgs({ plan }: MuxRequest): string[] {
  const audio = plan.streams.filter(({ stream }) => stream.kind === 'audio')
  return audio.flatMap(({ stream: { language = '' } }, position) => {
    const code = /[-_]/.test(language) ? languageCode(language) : undefined
    return code === undefined ? [] : [`-metadata:s:a:${position}`, `language=${longLanguageCode(code)}`]
  })
}

/** Returns ffmpeg's arguments that put a film and its subtitles into one file. */
export function muxArgs(request: MuxRequest): string[] {
  const { film, clock, plan, tracks, index, output } = request
  return [
    ...globalArgs(),
    ...clock,
    ...inputArgs(film),
    ...index.flatMap(({ files }) => inputArgs(join(tracks, files.srt), { format: 'srt' })),
    ...mapArgs(plan.streams.map(({ stream }) => stream)),
    ...index.flatMap((_, position) => ['-map', `${position + 1}:0`]),
    '-dn',
    ...patience,
    ...(plan.container === 'mkv' ? withoutBrands : languageArgs(request)),
    ...codecArgs(request),
    ...trackArgs(request),
    ...bitexactArgs(),
    ...(plan.container === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...['-f', formatOf(plan.container), fileUrl(output)],
  ]
}
