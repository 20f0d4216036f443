/** How loud a sound is, over time: from 0 to 255 for each piece of equal length. */
export interface Peaks {
  readonly perSecond: number
  readonly values: Uint8Array
}

/** Two hours at a hundred a second. */
const valuesMax = 720_000
const finestPerSecond = 100

/**
 * Takes samples (16 bits, little endian, one channel) in pieces of any length, and keeps the loudest of each hundredth
 * of a second. A longer sound gets longer pieces, so that what is kept is bounded.
 */
export class PeakMeter {
  readonly #samplesPerSecond: number
  #samplesPerValue: number
  #values = new Uint8Array(4096)
  #count = 0
  #loudest = 0
  #samples = 0
  /** The first byte of a sample whose second one is in the next piece. */
  #half: number | undefined

  constructor(samplesPerSecond: number) {
    this.#samplesPerSecond = samplesPerSecond
    this.#samplesPerValue = samplesPerSecond / finestPerSecond
  }

  add(bytes: Uint8Array): void {
    let at = 0
    if (this.#half !== undefined && bytes.length > 0) {
      this.#addSample(this.#half, bytes[0] ?? 0)
      this.#half = undefined
      at = 1
    }
    for (; at + 1 < bytes.length; at += 2) this.#addSample(bytes[at] ?? 0, bytes[at + 1] ?? 0)
    if (at < bytes.length) this.#half = bytes[at]
  }

  end(): Peaks {
    if (this.#samples > 0) this.#close()
    return {
      perSecond: this.#samplesPerSecond / this.#samplesPerValue,
      values: this.#values.slice(0, this.#count),
    }
  }

  #addSample(low: number, high: number): void {
    const value = ((high << 24) >> 16) | low
    const loud = value < 0 ? -value : value
    if (loud > this.#loudest) this.#loudest = loud
    this.#samples += 1
    if (this.#samples < this.#samplesPerValue) return
    // Then the piece that is measured is only half as long as those that there will be.
    if (this.#count === valuesMax) this.#halve()
    else this.#close()
  }

  #close(): void {
    if (this.#count === valuesMax) this.#halve()
    if (this.#count === this.#values.length) {
      const longer = new Uint8Array(Math.min(valuesMax, 2 * this.#count))
      longer.set(this.#values)
      this.#values = longer
    }
    this.#values[this.#count] = Math.min(255, this.#loudest >> 7)
    this.#count += 1
    this.#loudest = 0
    this.#samples = 0
  }

  #halve(): void {
    for (let index = 0; index < valuesMax / 2; index++)
      this.#values[index] = Math.max(this.#values[2 * index] ?? 0, this.#values[2 * index + 1] ?? 0)
    this.#count = valuesMax / 2
    this.#samplesPerValue *= 2
  }
}

/** Returns so many values at most for a whole sound, each the loudest of its part. */
export function overview({ values }: Peaks, count: number): readonly number[] {
  const wanted = Math.min(count, values.length)
  return Array.from({ length: wanted }, (_, index) => {
    const end = Math.floor(((index + 1) * values.length) / wanted)
    let loudest = 0
    for (let at = Math.floor((index * values.length) / wanted); at < end; at++)
      loudest = Math.max(loudest, values[at] ?? 0)
    return loudest
  })
}
