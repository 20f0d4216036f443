import type { Readable } from 'node:stream'

const tailBytes = 4096

/**
 * Returns a function that returns the whole output; with `onLine` the output is passed on line by line and not kept.
 */
export function collect(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  if (stream === null) return () => ''
  if (onLine !== undefined) {
    eachLine(stream, onLine)
    return () => ''
  }
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Returns a function that returns the end of the output, which is also passed on line by line. */
export function tail(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  if (stream === null) return () => ''
  let kept = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-tailBytes)
  })
  if (onLine !== undefined) eachLine(stream, onLine)
  return () => kept.toString('utf8')
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const { createInterface } = process.getBuiltinModule('node:readline')
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
}
