import type { FileHandle } from 'node:fs/promises'

/** What a WAV file says of its sound, and where that is in the file. */
export interface WavHead {
  /** The format tag (RFC 2361), that of the extension where there is one: 1 PCM, 3 float, 6 A-law, 7 u-law, 49 GSM 6.10. */
  readonly tag: number
  readonly channels: number
  readonly sampleRateHz: number
  readonly bits: number
  /** Bytes of the smallest unit that decodes: a sample of each channel, or a block of a codec. */
  readonly blockBytes: number
  /** Where the chunk of the format begins, and how long it is. */
  readonly formatAt: number
  readonly formatBytes: number
  readonly dataAt: number
  /** How many bytes of sound there are: what the head declares, mended. */
  readonly dataBytes: number
  /** What the head says wrongly, in words. */
  readonly mended: readonly string[]
}

export type FoundWav =
  | { readonly kind: 'wav'; readonly head: WavHead }
  /** It is called a WAV file by its first bytes, and cannot be read. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'other' }

const pcm = 1
const float = 3
const aLaw = 6
const muLaw = 7
const extensible = 0xfffe
/** Of these, a block is a sample of each channel, whatever the head says. */
const isPlain = (tag: number) => tag === pcm || tag === float || tag === aLaw || tag === muLaw

/** Less than this after the sound is junk of the writer's, and no sound. */
const junkBytes = 64

/**
 * Reads the head of a WAV file: RIFF, RF64 (EBU Tech 3306) or BW64 (ITU-R BS.2088). Recorders that were stopped hard leave
 * lengths of 0, of 2^32 - 1, or of what they had written earlier; then the sound goes on to the end of the file.
 */
export async function readWavHead(file: FileHandle): Promise<FoundWav> {
  const { size } = await file.stat()
  const start = await bytesAt(file, 0, 12)
  const riff = start.toString('latin1', 0, 4)
  if (!['RIFF', 'RF64', 'BW64'].includes(riff) || start.toString('latin1', 8, 12) !== 'WAVE') return { kind: 'other' }
  let longDataBytes: number | undefined
  let format: { readonly at: number; readonly bytes: Buffer } | undefined
  for (let at = 12; at + 8 <= size; ) {
    const chunk = await bytesAt(file, at, 8)
    const name = chunk.toString('latin1', 0, 4)
    const bytes = chunk.readUInt32LE(4)
    const from = at + 8
    if (name === 'ds64') longDataBytes = Number((await bytesAt(file, from + 8, 8)).readBigUInt64LE())
    if (name === 'fmt ') format = { at: from, bytes: await bytesAt(file, from, Math.min(bytes, 64)) }
    if (name === 'data') {
      if (format === undefined) return { kind: 'broken', why: 'its head does not say what format the sound has' }
      const declared = bytes === 0xffffffff && longDataBytes !== undefined ? longDataBytes : bytes
      return await headOf(file, { format, dataAt: from, declared, size })
    }
    at = from + bytes + (bytes % 2)
  }
  const why = size <= 44 ? 'it ends within its head' : 'it has a head and no sound'
  return { kind: 'broken', why }
}

interface Parts {
  readonly format: { readonly at: number; readonly bytes: Buffer }
  readonly dataAt: number
  readonly declared: number
  readonly size: number
}

async function headOf(file: FileHandle, { format, dataAt, declared, size }: Parts): Promise<FoundWav> {
  const { bytes } = format
  if (bytes.length < 16) return { kind: 'broken', why: 'its head is cut off in the format of the sound' }
  const channels = bytes.readUInt16LE(2)
  const sampleRateHz = bytes.readUInt32LE(4)
  const bits = bytes.readUInt16LE(14)
  const given = bytes.readUInt16LE(0)
  const tag = given === extensible && bytes.length >= 26 ? bytes.readUInt16LE(24) : given
  if (channels === 0 || channels > 64 || sampleRateHz === 0 || sampleRateHz > 768_000)
    return { kind: 'broken', why: `its head says ${channels} channels at ${sampleRateHz} Hz` }
  const mended: string[] = []
  let blockBytes = bytes.readUInt16LE(12)
  if (isPlain(tag)) {
    const right = (channels * Math.max(8, bits)) / 8
    if (blockBytes !== right) mended.push(`the head said blocks of ${blockBytes} bytes`)
    blockBytes = right
  }
  if (blockBytes === 0) return { kind: 'broken', why: 'its head says blocks of 0 bytes' }
  const rest = size - dataAt
  let dataBytes = Math.min(declared, rest)
  if (declared > rest) {
    mended.push(isUnset(declared) ? 'the head had no length' : `the head said ${declared} bytes of sound`)
  } else if (declared < rest && !(await isChunks(file, dataAt + declared + (declared % 2), size))) {
    if (rest - declared > junkBytes) {
      mended.push(declared === 0 ? 'the head had no length' : `the head said ${declared} bytes of sound`)
      dataBytes = rest
    }
  }
  dataBytes -= dataBytes % blockBytes
  if (dataBytes <= 0) return { kind: 'broken', why: 'it has a head and no sound' }
  const place = { formatAt: format.at, formatBytes: bytes.length, dataAt, dataBytes }
  return { kind: 'wav', head: { tag, channels, sampleRateHz, bits, blockBytes, ...place, mended } }
}

/** Writers that do not know the length yet leave one of the highest numbers of 31 or 32 bits. */
function isUnset(bytes: number): boolean {
  return [2 ** 31, 2 ** 32].some((limit) => bytes >= limit - 0x1_0000 && bytes < limit + 0x1000)
}

/** Whether a file has chunks from a place to its end, as after sound of the right length. */
async function isChunks(file: FileHandle, from: number, size: number): Promise<boolean> {
  let at = from
  while (at + 8 <= size) {
    const chunk = await bytesAt(file, at, 8)
    if (!/^[\x20-\x7e]{4}$/.test(chunk.toString('latin1', 0, 4))) return false
    at += 8 + chunk.readUInt32LE(4)
    at += at % 2
  }
  return at >= size && at <= size + 1
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  await file.read(buffer, 0, length, at)
  return buffer
}

/** Returns the bytes that stand before the sound in a mended copy of a WAV file. */
export function mendedWavStart(format: Buffer, dataBytes: number): Buffer {
  const formatBytes = format.length + (format.length % 2)
  const start = Buffer.alloc(20 + formatBytes + 8)
  start.write('RIFF', 0, 'latin1')
  start.writeUInt32LE(Math.min(start.length - 8 + dataBytes, 0xffffffff), 4)
  start.write('WAVEfmt ', 8, 'latin1')
  start.writeUInt32LE(format.length, 16)
  format.copy(start, 20)
  start.write('data', 20 + formatBytes, 'latin1')
  start.writeUInt32LE(Math.min(dataBytes, 0xffffffff), 24 + formatBytes)
  return start
}
