import { closeSync, readSync } from 'node:fs'
import { openToRead } from './open-file.ts'

/** No line that the runner writes is as long; one that is has been damaged, and would fill the memory. */
const lineBytesMax = 16 * 1024 * 1024
const chunkBytes = 256 * 1024
const lineEnd = 0x0a

/** Makes lines of bytes that arrive in pieces. A line that is too long is left out. */
export class LineReader {
  #begun: Buffer[] = []
  #begunBytes = 0
  #isTooLong = false

  /** Returns the lines that these bytes complete. The bytes are not kept. */
  linesIn(bytes: Buffer): readonly string[] {
    const last = bytes.lastIndexOf(lineEnd)
    if (last < 0) {
      this.#begin(bytes)
      return []
    }
    const first = bytes.indexOf(lineEnd)
    this.#begin(bytes.subarray(0, first))
    const lines = this.end()
    if (last > first) lines.push(...bytes.toString('utf8', first + 1, last).split('\n'))
    this.#begin(bytes.subarray(last + 1))
    return lines
  }

  /** Returns the line that has begun, as if it ended here. */
  end(): string[] {
    const lines = this.#isTooLong ? [] : [Buffer.concat(this.#begun).toString('utf8')]
    this.#begun = []
    this.#begunBytes = 0
    this.#isTooLong = false
    return lines
  }

  #begin(bytes: Buffer): void {
    this.#begunBytes += bytes.byteLength
    this.#isTooLong ||= this.#begunBytes > lineBytesMax
    if (this.#isTooLong) this.#begun = []
    else if (bytes.byteLength > 0) this.#begun.push(Buffer.from(bytes))
  }
}

/** Yields the lines of a file from a position on, in pieces; none if there is no such regular file. */
export function* linesFrom(path: string, reader: LineReader, position = 0): Generator<readonly string[], number> {
  const file = openToRead(path)
  if (file === undefined) return position
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (let at = position; ; ) {
      const count = readSync(file, chunk, 0, chunkBytes, at)
      if (count === 0) return at
      at += count
      yield reader.linesIn(chunk.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}
