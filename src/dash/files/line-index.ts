import { readSync } from 'node:fs'

const chunkBytes = 1024 * 1024
/** Of so many lines, the place of one is known: a million lines take 16 kB. */
const linesApart = 512
const lineFeed = 10

/** Where the lines of a growing file begin. Nothing of the file itself is kept. */
export class LineIndex {
  /** The place of each 512th line. */
  readonly #places: number[] = [0]
  #lineEnds = 0
  #bytes = 0
  #endsWithLine = true

  /** How many lines there are; one that has no end yet counts. */
  get count(): number {
    return this.#lineEnds + (this.#endsWithLine ? 0 : 1)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reads what the file has gained, up to `size`. */
  grow(file: number, size: number): void {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    while (this.#bytes < size) {
      const read = readSync(file, chunk, 0, Math.min(chunkBytes, size - this.#bytes), this.#bytes)
      if (read === 0) return
      for (let at = chunk.indexOf(lineFeed); at !== -1 && at < read; at = chunk.indexOf(lineFeed, at + 1)) {
        this.#lineEnds += 1
        if (this.#lineEnds % linesApart === 0) this.#places.push(this.#bytes + at + 1)
      }
      this.#endsWithLine = chunk[read - 1] === lineFeed
      this.#bytes += read
    }
  }

  /** Returns lines by their numbers, each as far as `lineBytes`, and how long it is. */
  read(file: number, from: number, count: number, lineBytes: number): readonly ReadLine[] {
    const end = Math.min(this.count, from + count)
    const lines: ReadLine[] = []
    if (from >= end) return lines
    let line = Math.floor(from / linesApart) * linesApart
    let offset = this.#places[line / linesApart] ?? 0
    const chunk = Buffer.allocUnsafe(64 * 1024)
    let kept: Buffer[] = []
    let [keptBytes, allBytes] = [0, 0]
    const close = () => {
      if (line >= from) lines.push({ text: Buffer.concat(kept).toString('utf8'), bytes: allBytes })
      line += 1
      kept = []
      keptBytes = 0
      allBytes = 0
    }
    while (line < end && offset < this.#bytes) {
      const read = readSync(file, chunk, 0, Math.min(chunk.length, this.#bytes - offset), offset)
      if (read === 0) break
      for (let at = 0; at < read && line < end; ) {
        const found = chunk.indexOf(lineFeed, at)
        const stop = found === -1 || found >= read ? read : found
        if (line >= from && keptBytes < lineBytes) {
          const part = Buffer.from(chunk.subarray(at, Math.min(stop, at + lineBytes - keptBytes)))
          kept.push(part)
          keptBytes += part.length
        }
        allBytes += stop - at
        at = stop + 1
        if (stop < read) close()
      }
      offset += read
    }
    if (line < end && allBytes > 0) close()
    return lines
  }

  /**
   * Finds a text in all lines, whatever its case: how many lines have it, and the numbers of the first ones. An empty text
   * is in no line. Called piece by piece, so that others get a turn.
   */
  *search(
    file: number,
    text: string,
    hitsMax: number,
  ): Generator<undefined, { count: number; hits: readonly number[] }> {
    if (text === '') return { count: 0, hits: [] }
    const isAscii = /^[\x20-\x7e]*$/.test(text)
    // A match takes the rest of its line, so that each line is found once.
    const escaped = text.replaceAll(/[$()*+./?[\\\]^{|}]/g, '\\$&')
    const pattern = new RegExp(`${escaped}[^\n]*`, isAscii ? 'gi' : 'giu')
    const chunk = Buffer.allocUnsafe(chunkBytes)
    const hits: number[] = []
    let [count, line, offset] = [0, 0, 0]
    /** Whether the line in the middle of which a piece begins was found in the piece before. */
    let isFirstKnown = false
    while (offset < this.#bytes) {
      const read = readSync(file, chunk, 0, Math.min(chunkBytes, this.#bytes - offset), offset)
      if (read === 0) break
      // A piece ends with a line, unless one is longer than a piece: then two pieces share the length of the text.
      const lastEnd = chunk.lastIndexOf(lineFeed, read - 1)
      const isWhole = lastEnd !== -1 || offset + read >= this.#bytes
      const taken = offset + read >= this.#bytes || lastEnd === -1 ? read : lastEnd + 1
      const shown = chunk.toString(isAscii ? 'latin1' : 'utf8', 0, taken)
      const firstEnd = shown.indexOf('\n')
      let [numbered, number] = [0, line]
      for (let found = pattern.exec(shown); found !== null; found = pattern.exec(shown)) {
        const isFirst = firstEnd === -1 || found.index < firstEnd
        if (isFirst && isFirstKnown) continue
        if (isFirst) isFirstKnown = true
        count += 1
        if (hits.length === hitsMax) continue
        for (let end = shown.indexOf('\n', numbered); end !== -1 && end < found.index; ) {
          number += 1
          numbered = end + 1
          end = shown.indexOf('\n', numbered)
        }
        hits.push(number)
      }
      for (let end = chunk.indexOf(lineFeed); end !== -1 && end < taken; end = chunk.indexOf(lineFeed, end + 1))
        line += 1
      if (isWhole) isFirstKnown = false
      offset += isWhole ? taken : Math.max(1, taken - 4 * text.length)
      yield
    }
    return { count, hits }
  }
}

export interface ReadLine {
  /** The line, or its beginning. */
  readonly text: string
  /** How long the whole line is. */
  readonly bytes: number
}
