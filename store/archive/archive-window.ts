import type { FileHandle } from 'node:fs/promises'

const windowBytes = 1024 * 1024

/** Reads a file through a buffer, so that small members do not cost a read each. */
export class FileWindow {
  readonly sizeBytes: number
  readonly #handle: FileHandle
  readonly #buffer = Buffer.allocUnsafe(windowBytes)
  #start = 0
  #length = 0

  constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle
    this.sizeBytes = sizeBytes
  }

  /** Returns at least one and at most `bytesMax` bytes, in memory that the next call overwrites; none at the end. */
  async some(position: number, bytesMax: number): Promise<Uint8Array> {
    if (position < this.#start || position >= this.#start + this.#length) await this.#fill(position)
    const from = position - this.#start
    return this.#buffer.subarray(from, Math.min(this.#length, from + bytesMax))
  }

  /** Returns exactly `sizeBytes` bytes in memory of their own, or undefined where the file ends before. */
  async exactly(position: number, sizeBytes: number): Promise<Uint8Array | undefined> {
    if (position + sizeBytes > this.sizeBytes) return undefined
    const bytes = Buffer.allocUnsafe(sizeBytes)
    for (let done = 0; done < sizeBytes; ) {
      const piece = await this.some(position + done, sizeBytes - done)
      if (piece.byteLength === 0) return undefined
      bytes.set(piece, done)
      done += piece.byteLength
    }
    return bytes
  }

  async #fill(position: number): Promise<void> {
    const { bytesRead } = await this.#handle.read(this.#buffer, 0, windowBytes, position)
    this.#start = position
    this.#length = bytesRead
  }
}
