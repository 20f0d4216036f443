import { open } from 'node:fs/promises'

/** The samples of a 16 kHz mono WAV file of 16 bits: where they are in it, and how many. */
export interface WavSamples {
  readonly path: string
  readonly dataAt: number
  readonly samples: number
}

export const sampleRateHz = 16_000
const headBytes = 4096

/** Finds the samples of a WAV file; undefined where it is another kind of file. */
export async function findSamples(path: string): Promise<WavSamples | undefined> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const { size } = await file.stat()
    const head = buffer.subarray(0, bytesRead)
    const name = (at: number) => head.toString('latin1', at, at + 4)
    if (name(0) !== 'RIFF' || name(8) !== 'WAVE') return undefined
    let isSpeechFormat = false
    for (let at = 12; at + 8 <= head.length; ) {
      const length = head.readUInt32LE(at + 4)
      const from = at + 8
      if (name(at) === 'data') {
        // The length of a file that was written as a stream is not known in its header.
        const bytes = Math.min(length, size - from)
        return isSpeechFormat ? { path, dataAt: from, samples: Math.floor(bytes / 2) } : undefined
      }
      if (name(at) === 'fmt ' && from + 16 <= head.length) {
        const [channels, rateHz] = [head.readUInt16LE(from + 2), head.readUInt32LE(from + 4)]
        isSpeechFormat = channels === 1 && rateHz === sampleRateHz && head.readUInt16LE(from + 14) === 16
      }
      at = from + length + (length % 2)
    }
    return undefined
  } finally {
    await file.close()
  }
}
