import type { ToolHost } from '../tools/ffmpeg.ts'
import type { Media } from '../tools/ffprobe.ts'
import { ffprobe, packetArgs, packetEndS } from '../tools/ffprobe.ts'

/** The containers that write their duration down; the others' is estimated from their size, and says nothing. */
const declaring = [
  'mov',
  'mp4',
  'matroska',
  'webm',
  'avi',
  'asf',
  'flv',
  'ogg',
  'wav',
  'w64',
  'flac',
  'mxf',
  'aiff',
  'caf',
]
/** How much earlier than declared a file may end: containers round, and count the padding of a last frame. */
const toleranceS = 1
/** How much of a file's end is read first. */
const tailS = 10

/** Returns the duration that a file declares, or undefined where its container does not. */
export function declaredDurationS(media: Media): number | undefined {
  return media.format.split(',').some((name) => declaring.includes(name)) ? media.durationS : undefined
}

async function lastPacketEndS(host: ToolHost, path: string, fromS?: number): Promise<number | undefined> {
  let lastS: number | undefined
  const onStdoutLine = (line: string) => {
    const endS = packetEndS(line)
    if (endS !== undefined && (lastS === undefined || endS > lastS)) lastS = endS
  }
  await host.exec(ffprobe, packetArgs(path, fromS), { onStdoutLine, okExitCodes: [0, 1] })
  return lastS
}

/**
 * Returns how many seconds of a file are really there, where that is less than it declares: a download that
 * broke off has the right header. Reads the end of the file, and all of it only when the end is not found.
 */
export async function missingEnd(host: ToolHost, path: string, media: Media): Promise<number | undefined> {
  const durationS = declaredDurationS(media)
  if (durationS === undefined) return undefined
  const endS = media.startS + durationS - toleranceS
  const tail = durationS > tailS ? await lastPacketEndS(host, path, media.startS + durationS - tailS) : undefined
  if (tail !== undefined && tail >= endS) return undefined
  const found = await lastPacketEndS(host, path)
  return found !== undefined && found >= endS ? undefined : Math.max(0, (found ?? 0) - media.startS)
}
