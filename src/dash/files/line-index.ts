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
   * Finds a text in all lines, whatever its case: how many lines have it, and the numbers of the first ones. Called piece by
   * piece, so that others get a turn.
   */
  *search(
    file: number,
    text: string,
    hitsMax: number,
  ): Generator<undefined, { count: number; hits: readonly number[] }> {
    const isAscii = /^[\x20-\x7e]*$/.test(text)
    const wanted = text.toLowerCase()
    const chunk = Buffer.allocUnsafe(chunkBytes)
    const hits: number[] = []
    let [count, line, offset, last] = [0, 0, 0, -1]
    while (offset < this.#bytes) {
      const read = readSync(file, chunk, 0, Math.min(chunkBytes, this.#bytes - offset), offset)
      if (read === 0) break
      // A piece ends with a line, unless one is longer than a piece: then two pieces share the length of the text.
      const lastEnd = chunk.lastIndexOf(lineFeed, read - 1)
      const isLast = offset + read >= this.#bytes
      const overlap = 4 * wanted.length
      const taken = isLast ? read : lastEnd > 0 ? lastEnd + 1 : read
      const shown = chunk.toString(isAscii ? 'latin1' : 'utf8', 0, taken).toLowerCase()
      let [at, counted] = [0, 0]
      for (let found = shown.indexOf(wanted); found !== -1; found = shown.indexOf(wanted, at)) {
        for (
          let feed = shown.indexOf('\n', counted);
          feed !== -1 && feed < found;
          feed = shown.indexOf('\n', counted)
        ) {
          line += 1
          counted = feed + 1
        }
        if (line !== last) {
          count += 1
          if (hits.length < hitsMax) hits.push(line)
          last = line
        }
        const next = shown.indexOf('\n', found)
        at = next === -1 ? shown.length : next
      }
      for (let feed = shown.indexOf('\n', counted); feed !== -1; feed = shown.indexOf('\n', counted)) {
        line += 1
        counted = feed + 1
      }
      offset += isLast || lastEnd > 0 ? taken : Math.max(1, taken - overlap)
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
