import { type FileHandle, open } from 'node:fs/promises'
import type { Media } from '../tools/ffprobe.ts'

/** What ffmpeg says where an index (mov) or an element (Matroska) refers to bytes after the end of the file. */
const endsTooEarly = /: partial file|File ended prematurely/

/** Returns whether a line of ffmpeg's says that the file ends before its container does. */
export function saysCutOff(line: string): boolean {
  return endsTooEarly.test(line)
}

/** A few bytes more or less are the writer's mistake, not a part that is missing. */
const toleranceBytes = 64
/** How much earlier than declared a file may end: the padding of the last frame. */
const toleranceS = 1

/** Returns in words how much of a file exists; the file declares more than that. */
export function partText(thereS: number, declaredS: number | undefined): string {
  return declaredS === undefined ? `${thereS.toFixed(1)} s` : `${thereS.toFixed(1)} s of ${declaredS.toFixed(1)} s`
}

/** Returns in words how much of a file exists where its head declares more bytes; undefined where it declares nothing. */
export async function missingBytes(path: string): Promise<string | undefined> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
    const declared = declaredBytes(buffer.subarray(0, bytesRead))
    const { size } = await file.stat()
    if (declared === undefined || size >= declared - toleranceBytes) return undefined
    return (await hasAllMedia(file, buffer.subarray(0, 12), size)) ? undefined : `${size} of ${declared} bytes`
  } finally {
    await file.close()
  }
}

/** Returns whether the part of a RIFF file that holds its pictures and sound is whole: what follows it is an index, or notes. */
async function hasAllMedia(file: FileHandle, head: Buffer, size: number): Promise<boolean> {
  if (head.toString('latin1', 0, 4) !== 'RIFF') return false
  let at = head.length
  const mostChunks = 100
  for (let count = 0; count < mostChunks && at + 12 <= size; count++) {
    const { buffer } = await file.read(Buffer.alloc(12), 0, 12, at)
    const [name, kind] = [buffer.toString('latin1', 0, 4), buffer.toString('latin1', 8, 12)]
    const length = buffer.readUInt32LE(4)
    if (name === 'data' || (name === 'LIST' && kind === 'movi')) return length > 0 && at + 8 + length <= size
    at += 8 + length + (length % 2)
  }
  return false
}

/** Returns whether a file is a WAV file of 64 bits whose writer could not go back to say how long it is. */
export async function lacksLength(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(36), 0, 36, 0)
    const is64 = bytesRead === 36 && ['RF64', 'BW64'].includes(buffer.toString('latin1', 0, 4))
    return is64 && buffer.toString('latin1', 12, 16) === 'ds64' && buffer.readBigUInt64LE(28) === 0n
  } finally {
    await file.close()
  }
}

/** Returns the seconds that are missing at the end of a FLAC file, which declares how many samples it has. */
export function missingSamples({ format, durationS }: Media, endS: number): string | undefined {
  return format === 'flac' && durationS !== undefined && endS < durationS - toleranceS
    ? partText(endS, durationS)
    : undefined
}

const asfProperties = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex')

/** Returns the size that a file's head declares for the whole file; undefined where the writer did not know it. */
export function declaredBytes(head: Buffer): number | undefined {
  const is = (magic: string, at = 0) => head.toString('latin1', at, at + magic.length) === magic
  if (head.length < 64) return undefined
  if (is('RIFF')) return knownSize(head.readUInt32LE(4), 8)
  if (is('RF64') || is('BW64')) return is('ds64', 12) ? knownLongSize(head.readBigUInt64LE(20), 8) : undefined
  if (is('FORM')) return knownSize(head.readUInt32BE(4), 8)
  if (is('.snd')) return knownSize(head.readUInt32BE(8), head.readUInt32BE(4))
  if (is('riff')) return knownLongSize(head.readBigUInt64LE(16), 0)
  if (is('caff')) return cafFileSize(head)
  if (is('FLV')) return flvFileSize(head)
  const asf = head.indexOf(asfProperties)
  if (is('\x30\x26\xb2\x75') && asf >= 0 && asf + 92 <= head.length) {
    // A broadcast, by its first flag, has no size.
    return head.readUInt32LE(asf + 88) % 2 === 1 ? undefined : knownLongSize(head.readBigUInt64LE(asf + 40), 0)
  }
  return undefined
}

/**
 * Writers that cannot go back to the head leave 0 there, or one of the highest sizes of 31 or 32 bits, whole or less the
 * length of a head.
 */
function knownSize(size: number, more: number): number | undefined {
  const isHighest = [2 ** 31, 2 ** 32].some((limit) => size >= limit - 0x1_0000 && size <= limit + 0x1000)
  return size === 0 || isHighest ? undefined : size + more
}

function knownLongSize(size: bigint, more: number): number | undefined {
  return size === 0n || size >= 2n ** 53n ? undefined : Number(size) + more
}

/** Core Audio has its sound in one chunk, of which it tells the size. */
function cafFileSize(head: Buffer): number | undefined {
  const at = head.indexOf('data', 8, 'latin1')
  return at < 0 || at + 12 > head.length ? undefined : knownLongSize(head.readBigUInt64BE(at + 4), at + 12)
}

/** FLV may have its size among its properties, as a number of eight bytes after the name. */
function flvFileSize(head: Buffer): number | undefined {
  const name = 'filesize\0'
  const at = head.indexOf(name, 0, 'latin1')
  if (at < 0 || at + name.length + 8 > head.length) return undefined
  const size = head.readDoubleBE(at + name.length)
  return Number.isSafeInteger(size) && size > 0 ? size : undefined
}
