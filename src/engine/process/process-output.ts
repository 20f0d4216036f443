import type { Readable } from 'node:stream'
import { longestLine } from '../system/cut-line.ts'

const tailBytes = 4096
/** More is kept of a line as long as secrets are still to be found in it. */
const lineBytes = longestLine + 4096
const [lineFeed, carriageReturn] = [10, 13]

/** What a program prints to one of its outputs, as far as it is kept. */
export interface Collected {
  readonly text: string
  /** Whether there was more, so that the output was closed. */
  readonly isCut: boolean
}

/** Collects an output. It is closed when it holds more than `maxBytes`, which ends most programs. */
export function collect(stream: Readable | null, maxBytes: number): () => Collected {
  const chunks: Buffer[] = []
  let left = maxBytes
  stream?.on('data', (chunk: Buffer) => {
    if (left >= 0) chunks.push(left < chunk.length ? chunk.subarray(0, left) : chunk)
    left -= chunk.length
    if (left < 0) stream.destroy()
  })
  return () => ({ text: Buffer.concat(chunks).toString('utf8'), isCut: left < 0 })
}

/** Returns a function that returns the end of an output. */
export function tail(stream: Readable | null): () => string {
  let kept = Buffer.alloc(0)
  stream?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-tailBytes)
  })
  return () => kept.toString('utf8')
}

/** Receives lines; of one that is very long, its beginning, and how many bytes of it are left out. */
export type OnLine = (line: string, leftOutBytes: number) => void

export interface LineListeners {
  /** Called with each line as soon as it is there, also where it ends with a carriage return to be overwritten. */
  readonly onLine?: OnLine | undefined
  /** Called with each line as it stays: of those that were overwritten, as a display of progress is, with the last. */
  readonly onFinalLine?: OnLine | undefined
  /** How many bytes of a line are kept. */
  readonly maxBytes?: number
  /** Tells of a line that is too long when it is, and passes over the rest of it. */
  readonly isCutAtOnce?: boolean
}

/** Passes an output on line by line. What it holds meanwhile is bounded. */
export function eachLine(stream: Readable | null, listeners: LineListeners): void {
  const { onLine, onFinalLine, maxBytes = lineBytes, isCutAtOnce = false } = listeners
  let parts: Buffer[] = []
  let keptBytes = 0
  let allBytes = 0
  /** A line that ended with a carriage return. */
  let shown: readonly [string, number] | undefined
  const add = (part: Buffer) => {
    const before = allBytes
    allBytes += part.length
    const kept = part.subarray(0, maxBytes - keptBytes)
    keptBytes += kept.length
    // A copy: a slice would keep all of its chunk.
    if (kept.length > 0) parts.push(Buffer.from(kept))
    if (isCutAtOnce && allBytes > maxBytes && before <= maxBytes) onLine?.(text(), allBytes - keptBytes)
  }
  const text = () => Buffer.concat(parts).toString('utf8')
  const end = () => {
    const line = [text(), allBytes - keptBytes] as const
    parts = []
    keptBytes = 0
    allBytes = 0
    if (!isCutAtOnce || line[1] === 0) onLine?.(...line)
    return line
  }
  stream?.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const stop = endOfLine(chunk, at)
      if (shown !== undefined && allBytes === 0 && chunk[at] === lineFeed) {
        onFinalLine?.(...shown)
        shown = undefined
        at += 1
        continue
      }
      add(chunk.subarray(at, stop))
      if (stop < chunk.length) {
        const line = end()
        shown = chunk[stop] === carriageReturn ? line : undefined
        if (shown === undefined) onFinalLine?.(...line)
      }
      at = stop + 1
    }
  })
  stream?.on('close', () => {
    if (allBytes > 0) onFinalLine?.(...end())
    else if (shown !== undefined) onFinalLine?.(...shown)
  })
}

function endOfLine(chunk: Buffer, from: number): number {
  const feed = chunk.indexOf(lineFeed, from)
  const line = feed === -1 ? chunk : chunk.subarray(0, feed)
  const back = line.indexOf(carriageReturn, from)
  return back === -1 ? line.length : back
}
