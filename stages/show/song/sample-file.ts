import { readSync } from 'node:fs'
import type { Samples } from '../../music/signal/samples.ts'

/** How many samples are in memory at once: an hour of them has 300 MB. */
const heldSamples = 2 ** 18
const sampleBytes = Float32Array.BYTES_PER_ELEMENT

/** Samples in an open file, as 32-bit floating-point numbers, of which a stretch is in memory. */
export class SampleFile implements Samples {
  readonly #file: number
  readonly length: number
  #held = new Float32Array(0)
  #heldFrom = 0

  constructor(file: number, bytes: number) {
    this.#file = file
    this.length = Math.floor(bytes / sampleBytes)
  }

  subarray(from: number, to: number): Float32Array {
    const [first, last] = [Math.min(from, this.length), Math.min(to, this.length)]
    if (first < this.#heldFrom || last > this.#heldFrom + this.#held.length)
      this.#hold(first, Math.min(this.length, Math.max(last, first + heldSamples)))
    return this.#held.subarray(first - this.#heldFrom, last - this.#heldFrom)
  }

  #hold(from: number, to: number): void {
    const bytes = new Uint8Array((to - from) * sampleBytes)
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, from * sampleBytes + at)
      if (read === 0) throw new TypeError('the file of samples is cut off')
      at += read
    }
    this.#held = new Float32Array(bytes.buffer)
    this.#heldFrom = from
  }
}
