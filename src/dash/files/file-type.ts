import { readSync } from 'node:fs'
import { extname } from 'node:path'
import type { FileKind } from '../api/messages.ts'

/** What a browser is told of a file, and whether it may show it. */
export interface FileType {
  readonly kind: FileKind
  readonly type: string
}

const text: FileType = { kind: 'text', type: 'text/plain; charset=utf-8' }
/** The type of what no browser opens by itself. */
export const download = 'application/octet-stream'
const other: FileType = { kind: 'other', type: download }
const is = (kind: FileKind, type: string): FileType => ({ kind, type })

/** By ending, what a file may be: anything else is only offered for download. HTML, SVG and XML are shown as text. */
const types: Readonly<Record<string, FileType>> = {
  mp4: is('video', 'video/mp4'),
  m4v: is('video', 'video/mp4'),
  webm: is('video', 'video/webm'),
  mkv: is('video', 'video/x-matroska'),
  mov: is('video', 'video/quicktime'),
  wav: is('audio', 'audio/wav'),
  mp3: is('audio', 'audio/mpeg'),
  ogg: is('audio', 'audio/ogg'),
  opus: is('audio', 'audio/ogg'),
  m4a: is('audio', 'audio/mp4'),
  flac: is('audio', 'audio/flac'),
  // Browsers play none of these: they are downloaded, and previews are made of them.
  ...endings('aac ac3 aif aiff caf dts eac3 ec3 mka wma', is('audio', download)),
  ...endings('avi flv m2ts mpeg mpg mts wmv', is('video', download)),
  png: is('image', 'image/png'),
  jpg: is('image', 'image/jpeg'),
  jpeg: is('image', 'image/jpeg'),
  gif: is('image', 'image/gif'),
  webp: is('image', 'image/webp'),
  vtt: is('captions', 'text/vtt; charset=utf-8'),
  json: is('json', 'text/plain; charset=utf-8'),
  ...endings('ass csv html htm js jsonl log lrc md srt svg tsv ttml txt xml yaml yml', text),
}

/** How files of these types begin. A file that only has the name of one is not shown as one. */
const beginnings: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'video/mp4': isIsoMedia,
  'video/quicktime': (bytes) =>
    isIsoMedia(bytes) || ['moov', 'mdat', 'wide', 'free'].includes(bytes.toString('latin1', 4, 8)),
  'audio/mp4': isIsoMedia,
  'video/webm': isEbml,
  'video/x-matroska': isEbml,
  'audio/wav': (bytes) => /^(RIFF|RF64)[\s\S]{4}WAVE/.test(bytes.toString('latin1', 0, 12)),
  'audio/mpeg': (bytes) =>
    bytes.toString('latin1', 0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0),
  'audio/ogg': (bytes) => bytes.toString('latin1', 0, 4) === 'OggS',
  'audio/flac': (bytes) => bytes.toString('latin1', 0, 4) === 'fLaC',
  'image/png': (bytes) => bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n',
  'image/jpeg': (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  'image/gif': (bytes) => /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)),
  'image/webp': (bytes) => /^RIFF[\s\S]{4}WEBP/.test(bytes.toString('latin1', 0, 12)),
}

function endings(list: string, type: FileType): Readonly<Record<string, FileType>> {
  return Object.fromEntries(list.split(' ').map((ending) => [ending, type]))
}

/** Returns what a file may be by its name alone. */
export function typeByName(name: string): FileType {
  const ending = extname(name).slice(1).toLowerCase()
  return (Object.hasOwn(types, ending) ? types[ending] : undefined) ?? other
}

/** Returns what an open file is, by its name and by how it begins. */
export function typeOf(name: string, file: number): FileType {
  const named = typeByName(name)
  const begins = beginnings[named.type]
  if (begins === undefined) return named
  const bytes = Buffer.alloc(16)
  readSync(file, bytes, 0, bytes.length, 0)
  return begins(bytes) ? named : other
}

function isIsoMedia(bytes: Buffer): boolean {
  return bytes.toString('latin1', 4, 8) === 'ftyp'
}

function isEbml(bytes: Buffer): boolean {
  return bytes.readUInt32BE(0) === 0x1a45dfa3
}
