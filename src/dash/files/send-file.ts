import { closeSync, createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { download, typeOf } from './file-type.ts'
import type { OpenedFile } from './open-within.ts'

export interface SentFile extends OpenedFile {
  readonly name: string
  /** The digest of its bytes, where it is known. */
  readonly digest?: string
}

/** Sends a file, or the part of it that is asked for, and closes it. A player seeks by asking for parts. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: SentFile,
  headers: Readonly<Record<string, string>>,
): void {
  const { size, mtimeMs, ino } = file.stats
  const { type } = typeOf(file.name, file.file)
  const etag = file.digest === undefined ? `"${ino}-${size}-${mtimeMs}"` : `"${file.digest}"`
  const way = type === download ? 'attachment' : 'inline'
  const all = {
    ...headers,
    'content-type': type,
    'content-disposition': `${way}; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, escaped)}`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    etag,
  }
  if (request.headers['if-none-match'] === etag) {
    closeSync(file.file)
    response.writeHead(304, all).end()
    return
  }
  const ifRange = request.headers['if-range']
  const asked = ifRange === undefined || ifRange === etag ? request.headers.range : undefined
  const range = rangeOf(asked, size)
  if (range === 'unfit') {
    closeSync(file.file)
    response.writeHead(416, { ...all, 'content-range': `bytes */${size}`, 'content-length': '0' }).end()
    return
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const part = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }
  response.writeHead(range === undefined ? 200 : 206, { ...all, ...part, 'content-length': String(end - start + 1) })
  if (size === 0) {
    closeSync(file.file)
    response.end()
    return
  }
  const stream = createReadStream('', { fd: file.file, start, end, autoClose: true })
  stream.on('error', () => response.destroy())
  response.once('close', () => stream.destroy())
  stream.pipe(response)
}

/** Reads a `Range` header: one range, or `unfit`. Many would be work without end. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unfit' | undefined {
  if (header === undefined) return undefined
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'unfit'
  if (from === '')
    return Number(to) === 0 || size === 0 ? 'unfit' : { start: Math.max(0, size - Number(to)), end: size - 1 }
  const start = Number(from)
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start > end || start >= size ? 'unfit' : { start, end }
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
