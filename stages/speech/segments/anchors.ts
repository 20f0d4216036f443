import { createReadStream } from 'node:fs'
import { sampleRateHz, type WavSamples } from '../wav.ts'

/** One place in so many, and so one in 4 s on average, is an anchor. */
const anchorBits = 16
/** Anchors are at least so far apart: in sound that is the same throughout, every place could be one. */
const leastSamples = sampleRateHz

/**
 * Finds places that the sound itself decides: the 32 samples before one have a hash that begins with zeros. Wherever the
 * same sound comes again, also earlier or later than before, it has the same anchors.
 */
export class AnchorFinder {
  readonly anchors: number[] = []
  readonly #hash = new SoundHash()
  #at = 0

  add(sample: number): void {
    this.#at += 1
    if (this.#hash.add(sample) >>> (32 - anchorBits) !== 0) return
    if (this.#at - (this.anchors.at(-1) ?? 0) >= leastSamples) this.anchors.push(this.#at)
  }
}

/** A hash of the last 32 samples. */
export class SoundHash {
  #sum = 0

  add(sample: number): number {
    this.#sum = ((this.#sum << 1) + Math.imul(sample + 1, 0x9e3779b1)) ^ (sample << 7)
    return Math.imul(this.#sum, 0x85ebca6b) >>> 0
  }
}

/** Calls back with all samples of a recording, a block at a time. */
export async function eachBlock(
  { path, dataAt, samples }: WavSamples,
  onBlock: (block: Int16Array) => void,
): Promise<void> {
  if (samples === 0) return
  let odd: Buffer | undefined
  const stream = createReadStream(path, { start: dataAt, end: dataAt + 2 * samples - 1, highWaterMark: 1 << 18 })
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue
    const bytes: Buffer = odd === undefined ? chunk : Buffer.concat([odd, chunk])
    const whole = bytes.length - (bytes.length % 2)
    odd = whole < bytes.length ? Buffer.from(bytes.subarray(whole)) : undefined
    // A copy begins where an array of samples may begin.
    const copy = new Uint8Array(bytes.subarray(0, whole))
    onBlock(new Int16Array(copy.buffer, 0, whole / 2))
  }
}
