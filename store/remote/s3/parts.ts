import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** Files of more bytes are sent in parts of at least so many, so that what breaks off continues where it was. */
export const partBytesMin: number = 16 * 1024 * 1024
/** Source: "Amazon S3 multipart upload limits". */
const partsMax = 10_000

/** Returns how large the parts of a file are: the same each time, so that parts of an earlier upload fit. */
export function partBytesOf(sizeBytes: number): number {
  return Math.max(partBytesMin, Math.ceil(sizeBytes / partsMax / 1024 / 1024) * 1024 * 1024)
}

/** Returns the header with the CRC32 of bytes. */
export function checksum(bytes: Uint8Array): Record<string, string> {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return { 'x-amz-checksum-crc32': sum.toString('base64') }
}

/** Returns a part of a file. A file that is shorter by now gives fewer bytes, which the server and every reader notice. */
export async function readPart(path: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length)
  const handle = await open(path, 'r')
  try {
    let done = 0
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, start + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  } finally {
    await handle.close()
  }
}
