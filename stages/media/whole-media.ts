import { open } from 'node:fs/promises'
import type { ToolHost } from '../tools/ffmpeg.ts'
import { ffprobe, type Media, packetArgs, packetEndS } from '../tools/ffprobe.ts'

/** The containers that store their duration; for others it is estimated from their size, and says nothing. */
const declaring = ['mov', 'mp4', 'matroska', 'webm', 'asf', 'flv', 'ogg', 'flac', 'mxf', 'aiff', 'caf']
/** How much earlier than declared a file may end: containers round, and count the padding of the last frame. */
const toleranceS = 1
/** How much of a file's end is read first. */
const tailS = 10

/** Returns in words how much of a file exists; the file declares more than that. */
export function partText(thereS: number, declaredS: number): string {
  return `${thereS.toFixed(1)} s of ${declaredS.toFixed(1)} s`
}

/**
 * Returns how much of a file exists, if that is less than it declares: a broken download has the
 * right header. Undefined if nothing is missing, or if the container does not tell.
 */
export async function missingEnd(host: ToolHost, path: string, media: Media): Promise<string | undefined> {
  return (await missingBytes(path)) ?? (await missingTime(host, path, media))
}

/**
 * WAV and AVI declare their size in bytes, after `RIFF`; 0 and the highest sizes mean that the writer did not know it.
 */
async function missingBytes(path: string): Promise<string | undefined> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    if (bytesRead < 8 || buffer.toString('latin1', 0, 4) !== 'RIFF') return undefined
    const declaredBytes = buffer.readUInt32LE(4) + 8
    const { size } = await file.stat()
    const isKnown = declaredBytes > 8 && declaredBytes < 0xffff_ff00
    return isKnown && size < declaredBytes ? `${size} of ${declaredBytes} bytes` : undefined
  } finally {
    await file.close()
  }
}

/** Reads the end of the file, and all of it only if the end is not found. */
async function missingTime(host: ToolHost, path: string, media: Media): Promise<string | undefined> {
  const { durationS, startS, format } = media
  if (durationS === undefined || !format.split(',').some((name) => declaring.includes(name))) return undefined
  const endS = startS + durationS - toleranceS
  const tail = durationS > tailS ? await lastPacketEndS(host, path, startS + durationS - tailS) : undefined
  if (tail !== undefined && tail >= endS) return undefined
  const found = await lastPacketEndS(host, path)
  if (found !== undefined && found >= endS) return undefined
  return partText(Math.max(0, (found ?? startS) - startS), durationS)
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
