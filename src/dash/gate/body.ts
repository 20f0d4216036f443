import type { IncomingMessage } from 'node:http'
import { isRecord } from '../../core/index.ts'
import type { Refusal } from './guard.ts'

export const bodyBytesMax = 1024 * 1024

export type Body = Readonly<Record<string, unknown>>

/**
 * Reads the JSON object that a change is. It must be written as `JSON.stringify` writes it: two readers then never see
 * two different values, as with a key that is there twice.
 */
export async function readBody(request: IncomingMessage): Promise<{ readonly body: Body } | Refusal> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) return { status: 400, because: 'body' }
    bytes += piece.byteLength
    if (bytes > bodyBytesMax) return { status: 413, because: 'body' }
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && !Array.isArray(value) && JSON.stringify(value) === text) return { body: value }
  } catch {
    // Not JSON.
  }
  return { status: 400, because: 'body' }
}
