import type { FileHandle } from 'node:fs/promises'

/** Pieces come in 64 KiB; written one by one, a GiB takes half as long again. */
const bufferBytes = 1024 * 1024

/** Writes pieces that come in order, many at once. */
export class PieceWriter {
  readonly #handle: FileHandle
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  #at: number
  #length = 0

  constructor(handle: FileHandle, at: number) {
    this.#handle = handle
    this.#at = at
  }

  /** Takes a piece, whose memory may be used again when this resolves. */
  async add(piece: Uint8Array): Promise<void> {
    if (this.#length + piece.byteLength > bufferBytes) await this.flush()
    if (piece.byteLength >= bufferBytes) {
      await this.#write(piece)
      return
    }
    this.#buffer.set(piece, this.#length)
    this.#length += piece.byteLength
  }

  async flush(): Promise<void> {
    const { byteLength } = this.#buffer
    await this.#write(this.#buffer.subarray(0, Math.min(this.#length, byteLength)))
    this.#length = 0
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, this.#at)
      done += bytesWritten
      this.#at += bytesWritten
    }
  }
}
