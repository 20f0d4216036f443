import { endianness } from 'node:os'

/** Sound in one channel, as 16 bit samples. */
export interface Sound {
  readonly sampleRateHz: number
  readonly samples: Int16Array
}

const headerBytes = 44
const isBigEndian = endianness() === 'BE'

/** What a WAV file holds, as the bytes of its samples. */
interface WavData {
  readonly sampleRateHz: number
  /** 16 bits each, little-endian. */
  readonly data: Buffer
}

/** Returns the sound of a WAV file of 16 bit PCM in one channel; undefined where it is another kind of file. */
export function readWav(bytes: Buffer): Sound | undefined {
  const found = wavData(bytes)
  if (found === undefined) return undefined
  const samples = new Int16Array(Math.floor(found.data.length / 2))
  const view = Buffer.from(samples.buffer)
  found.data.copy(view)
  if (isBigEndian) view.swap16()
  return { sampleRateHz: found.sampleRateHz, samples }
}

/**
 * Returns the bytes of the samples in a WAV file (RIFF, Microsoft 1991) of 16 bit PCM in one channel; undefined where it is
 * another kind of file. A length in the header that goes beyond the file, as programs write that print to a pipe, is cut.
 */
export function wavData(bytes: Buffer): WavData | undefined {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    return undefined
  let sampleRateHz: number | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4)
    const start = at + 8
    const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - start)
    if (name === 'fmt ' && length >= 16) {
      const [format, channels, bits] = [
        bytes.readUInt16LE(start),
        bytes.readUInt16LE(start + 2),
        bytes.readUInt16LE(start + 14),
      ]
      if (format !== 1 || channels !== 1 || bits !== 16) return undefined
      sampleRateHz = bytes.readUInt32LE(start + 4)
    } else if (name === 'data') {
      return sampleRateHz === undefined ? undefined : { sampleRateHz, data: bytes.subarray(start, start + length) }
    }
    at = start + length + (length % 2)
  }
  return undefined
}

/** Returns the header of a WAV file of 16 bit PCM, with so many samples in each channel. */
export function wavHeader(sampleRateHz: number, sampleCount: number, channels = 1): Buffer {
  const dataBytes = sampleCount * channels * 2
  const header = Buffer.alloc(headerBytes)
  header.write('RIFF', 0, 'latin1')
  // A file of more than 4 GiB cannot say how long it is: readers then read to its end.
  header.writeUInt32LE(Math.min(headerBytes - 8 + dataBytes, 0xffffffff), 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(Math.min(dataBytes, 0xffffffff), 40)
  return header
}

/** Returns samples as the bytes of a WAV file: little-endian. They are those of the samples themselves where these are, too. */
export function wavSamples(samples: Int16Array): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return isBigEndian ? Buffer.from(bytes).swap16() : bytes
}

/** Returns sound as a WAV file of 16 bit PCM. */
export function wavFile({ sampleRateHz, samples }: Sound): Buffer {
  return Buffer.concat([wavHeader(sampleRateHz, samples.length), wavSamples(samples)])
}

/** Returns the part of a sound that can be heard: from the first to the last sample above `threshold`, and a little more. */
export function audiblePart({ sampleRateHz, samples }: Sound, threshold = 200, marginS = 0.01): Int16Array {
  const isLoud = (sample: number) => Math.abs(sample) > threshold
  const first = samples.findIndex(isLoud)
  if (first < 0) return samples.subarray(0, 0)
  const last = samples.findLastIndex(isLoud)
  const margin = Math.round(marginS * sampleRateHz)
  return samples.subarray(Math.max(0, first - margin), Math.min(samples.length, last + 1 + margin))
}
