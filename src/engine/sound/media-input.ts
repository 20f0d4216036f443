import { extname } from 'node:path'

/** The name of ffmpeg's demuxer for each ending. None of them opens other files, as playlists do. */
const demuxers: Readonly<Record<string, string>> = {
  aac: 'aac',
  ac3: 'ac3',
  aif: 'aiff',
  aiff: 'aiff',
  avi: 'avi',
  caf: 'caf',
  dts: 'dts',
  eac3: 'eac3',
  ec3: 'eac3',
  flac: 'flac',
  flv: 'flv',
  m2ts: 'mpegts',
  m4a: 'mov',
  m4v: 'mov',
  mka: 'matroska',
  mkv: 'matroska',
  mov: 'mov',
  mp3: 'mp3',
  mp4: 'mov',
  mpeg: 'mpeg',
  mpg: 'mpeg',
  mts: 'mpegts',
  oga: 'ogg',
  ogg: 'ogg',
  opus: 'ogg',
  wav: 'wav',
  webm: 'matroska',
  wma: 'asf',
  wmv: 'asf',
}

/**
 * Returns ffmpeg's arguments that read what is on its standard input, an open file, as what its name says; undefined
 * where that is no film or sound. ffmpeg opens nothing else: not what a playlist in disguise names, nor an address.
 */
export function mediaInput(name: string): readonly string[] | undefined {
  const ending = extname(name).slice(1).toLowerCase()
  const demuxer = Object.hasOwn(demuxers, ending) ? demuxers[ending] : undefined
  if (demuxer === undefined) return undefined
  return ['-protocol_whitelist', 'file', '-f', demuxer, '-i', 'file:/dev/stdin']
}

/** The arguments before those of the input: ffmpeg asks nothing, and prints only what goes wrong. */
export const quietly = ['-nostdin', '-hide_banner', '-v', 'error'] as const
