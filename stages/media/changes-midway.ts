import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anyExitCode, ffmpeg, fileUrl, globalArgs, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import type { Media } from '../tools/ffprobe.ts'

/**
 * Returns the indexes of the audio streams whose settings change in the middle, in the two containers where they may and
 * a copy would keep only the first ones: AAC with a head in each frame, and Ogg in several parts.
 */
export async function changesMidway(host: ToolHost, path: string, media: Media): Promise<ReadonlySet<number>> {
  const audio = media.streams.filter(({ kind }) => kind === 'audio')
  if (media.format === 'ogg')
    return (await oggHasParts(createReadStream(path))) ? new Set(audio.map(({ index }) => index)) : new Set()
  if (media.format !== 'mpegts' && media.format !== 'aac') return new Set()
  const changing = new Set<number>()
  for (const { index, codec } of audio) {
    if (codec !== 'aac') continue
    const adts = join(host.tempDir, 'adts.aac')
    const copy = ['-map', `0:${index}`, '-c', 'copy', '-f', 'adts', fileUrl(adts)]
    // There, too, where ffmpeg does not come to writing it.
    await writeFile(adts, '')
    const args = [...globalArgs(), ...inputArgs(path), ...copy]
    await host.exec(ffmpeg, args, { onStdoutLine: () => {}, okExitCodes: anyExitCode })
    if (await adtsChanges(createReadStream(adts))) changing.add(index)
  }
  return changing
}

/** The bits of a head of ADTS that say how to decode: profile, sampling frequency and channels. */
function adtsSettings(head: Buffer): number {
  return head.readUInt16BE(2) & 0b1111_1101_1100_0000
}

/** Returns whether the frames of an ADTS stream differ in how to decode them. */
export async function adtsChanges(bytes: AsyncIterable<Buffer>): Promise<boolean> {
  let rest = Buffer.alloc(0)
  let settings: number | undefined
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk])
    let at = 0
    while (at + 7 <= rest.length) {
      const head = rest.subarray(at, at + 7)
      const length = (head.readUInt32BE(2) >> 5) & 0x1fff || 1
      if (head.readUInt16BE(0) >> 4 !== 0xfff || length < 7) {
        at += 1
        continue
      }
      settings ??= adtsSettings(head)
      if (adtsSettings(head) !== settings) return true
      at += length
    }
    rest = rest.subarray(at)
  }
  return false
}

const pageHeadBytes = 27
const firstPageOfStream = 2

/** Returns whether a stream of Ogg begins after another one has begun and gone on: a chain of recordings. */
export async function oggHasParts(bytes: AsyncIterable<Buffer>): Promise<boolean> {
  let rest = Buffer.alloc(0)
  let goesOn = false
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      at = rest.indexOf('OggS', at, 'latin1')
      const segments = at < 0 ? undefined : rest[at + pageHeadBytes - 1]
      if (segments === undefined || at + pageHeadBytes + segments > rest.length) break
      const begins = ((rest[at + 5] ?? 0) & firstPageOfStream) !== 0
      if (begins && goesOn) return true
      goesOn ||= !begins
      const lengths = rest.subarray(at + pageHeadBytes, at + pageHeadBytes + segments)
      at += pageHeadBytes + segments + lengths.reduce((sum, length) => sum + length, 0)
    }
    rest = at < 0 ? rest.subarray(-3) : rest.subarray(at)
  }
  return false
}
