import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { wavHeader } from '../media/wav.ts'

/**
 * Sound as the stages of `calls` hand it on: a WAV file of 16 bits or, within a stage, of 32 bit floats, without any chunk
 * but those that must be. Its length is that of the file.
 */
export interface SoundFile {
  readonly path: string
  readonly channels: number
  readonly sampleRateHz: number
  /** How many samples each channel has. */
  readonly frames: number
}

export const soundHeaderBytes = 44
const blockFrames = 1 << 15
const fullScale = 32_768

/** Writes the header of a sound file, of 16 bits. */
export async function writeSoundHeader(
  file: FileHandle,
  { channels, sampleRateHz, frames }: Omit<SoundFile, 'path'>,
): Promise<void> {
  const header = wavHeader(sampleRateHz, frames, channels)
  await file.writeFile(header)
}

/** A block of sound: for each channel the samples, from -1 to 1. They are overwritten by the next block. */
export type Block = readonly Float32Array[]

/**
 * Returns a sound file block by block. It reads as a thread does: synchronously, and never more than a block. `from` and
 * `count` are in samples of each channel.
 */
export function* readBlocks(
  { path, channels, frames }: SoundFile,
  {
    from = 0,
    count = frames - from,
    size = blockFrames,
  }: { readonly from?: number; readonly count?: number; readonly size?: number } = {},
): Generator<Block> {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(size * channels * 2)
    const whole = Array.from({ length: channels }, () => new Float32Array(size))
    const end = Math.min(frames, from + count)
    for (let at = Math.max(0, from); at < end; at += size) {
      const want = Math.min(size, end - at)
      const got = readSync(file, bytes, 0, want * channels * 2, soundHeaderBytes + at * channels * 2)
      const samples = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(got / 2))
      const there = Math.floor(samples.length / channels)
      if (there === 0) return
      const block = whole.map((channel) => channel.subarray(0, there))
      for (const [index, channel] of block.entries()) {
        for (let frame = 0; frame < there; frame++)
          channel[frame] = (samples[frame * channels + index] ?? 0) / fullScale
      }
      yield block
    }
  } finally {
    closeSync(file)
  }
}

/** Returns part of one channel of a sound file; what lies before its start or after its end is silence. */
export function readChannel(sound: SoundFile, channel: number, from: number, count: number): Float32Array {
  const samples = new Float32Array(count)
  let at = Math.max(0, -from)
  for (const block of readBlocks(sound, { from: Math.max(0, from), count: Math.max(0, count - at) })) {
    samples.set(block[channel] ?? block[0] ?? [], at)
    at += block[0]?.length ?? 0
  }
  return samples
}

/** Writes sound of 32 bit floats, block by block, as a thread does. */
export class FloatWriter {
  readonly #file: number
  readonly #channels: number
  readonly #sampleRateHz: number
  #frames = 0

  constructor(path: string, { channels, sampleRateHz }: Pick<SoundFile, 'channels' | 'sampleRateHz'>) {
    this.#file = openSync(path, 'w')
    this.#channels = channels
    this.#sampleRateHz = sampleRateHz
    writeSync(this.#file, floatHeader(this.#channels, this.#sampleRateHz, 0))
  }

  /** How many samples of each channel have been written. */
  get frames(): number {
    return this.#frames
  }

  write(block: Block): void {
    const count = block[0]?.length ?? 0
    const samples = new Float32Array(count * this.#channels)
    for (const [index, channel] of block.entries()) {
      for (let frame = 0; frame < count; frame++) samples[frame * this.#channels + index] = channel[frame] ?? 0
    }
    // All of it, or an error: a full disk may take a part, which `writeSync` only tells the length of.
    writeFileSync(this.#file, Buffer.from(samples.buffer))
    this.#frames += count
  }

  close(): void {
    const header = floatHeader(this.#channels, this.#sampleRateHz, this.#frames)
    writeSync(this.#file, header, 0, header.length, 0)
    closeSync(this.#file)
  }
}

function floatHeader(channels: number, sampleRateHz: number, frames: number): Buffer {
  const header = wavHeader(sampleRateHz, frames * 2, channels)
  header.writeUInt16LE(3, 20)
  header.writeUInt32LE(sampleRateHz * channels * 4, 28)
  header.writeUInt16LE(channels * 4, 32)
  header.writeUInt16LE(32, 34)
  return header
}
