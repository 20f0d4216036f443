import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a server does instead of what it is asked. */
export type Lie =
  | 'none'
  | 'flips a byte'
  | 'cuts short'
  | 'breaks off'
  | 'sends too much'
  | 'sends all for a part'
  | 'sends another part'
  | 'shows a login page'
  | 'fails every third time'
  | 'is closed to us'
  | 'redirects elsewhere'
  | 'never ends'
  | 'never answers'
  | 'compresses'

/** A web server that keeps objects in memory, and lies when it is told to. */
export interface LyingServer {
  readonly url: URL
  readonly objects: Map<string, Buffer>
  lie: Lie
  requests: number
  /** What it was sent as `authorization`, request by request. */
  readonly authorizations: (string | undefined)[]
}

/** Starts a server on loopback that ends with the test. */
export async function startLyingServer(redirectsTo = 'http://127.0.0.1:9/'): Promise<LyingServer> {
  const http = createServer((asked, answer) => {
    server.requests += 1
    server.authorizations.push(asked.headers.authorization)
    serve(server, asked, answer, redirectsTo)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  // It listens on a port, not on a socket's path.
  const { port } = http.address() as AddressInfo
  const url = new URL(`http://127.0.0.1:${port}/`)
  const server: LyingServer = { url, objects: new Map(), lie: 'none', requests: 0, authorizations: [] }
  return server
}

function serve(server: LyingServer, asked: IncomingMessage, answer: ServerResponse, redirectsTo: string): void {
  const { lie, objects } = server
  const path = asked.url ?? ''
  if (lie === 'never answers') return
  if (lie === 'fails every third time' && server.requests % 3 === 0) return void answer.writeHead(503).end()
  if (lie === 'is closed to us') return void answer.writeHead(403).end()
  if (lie === 'redirects elsewhere') return void answer.writeHead(302, { location: redirectsTo }).end()
  if (lie === 'shows a login page') {
    return void answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>')
  }
  if (asked.method === 'PUT') {
    const pieces: Buffer[] = []
    asked
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('end', () => {
        if (asked.headers['if-none-match'] === '*' && objects.has(path)) return void answer.writeHead(412).end()
        objects.set(path, Buffer.concat(pieces))
        answer.writeHead(201).end()
      })
    return
  }
  const object = objects.get(path)
  if (object === undefined) return void answer.writeHead(404).end('not found')
  if (asked.method === 'HEAD') return void answer.writeHead(200, { 'content-length': object.byteLength }).end()
  send(lie, object, asked.headers.range, answer)
}

function send(lie: Lie, object: Buffer, range: string | undefined, answer: ServerResponse): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const isPart = range !== undefined && lie !== 'sends all for a part'
  const start = isPart ? Number(from) + (lie === 'sends another part' ? 5 : 0) : 0
  const end = isPart && to !== '' ? Number(to) + 1 : object.byteLength
  if (isPart && start >= object.byteLength) return void answer.writeHead(416).end()
  let bytes = Buffer.from(object.subarray(start, end))
  if (lie === 'flips a byte') bytes[bytes.byteLength >> 1] = (bytes[bytes.byteLength >> 1] ?? 0) ^ 64
  if (lie === 'cuts short') bytes = bytes.subarray(0, bytes.byteLength - 1)
  if (lie === 'sends too much') bytes = Buffer.concat([bytes, bytes])
  const length = lie === 'breaks off' ? bytes.byteLength + 1000 : bytes.byteLength
  answer.writeHead(isPart ? 206 : 200, {
    ...(lie === 'never ends' ? {} : { 'content-length': length }),
    ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${object.byteLength}` } : {}),
    ...(lie === 'compresses' ? { 'content-encoding': 'gzip' } : {}),
  })
  if (lie === 'never ends') {
    const more = (): void => {
      while (!answer.destroyed && answer.write(bytes));
      if (!answer.destroyed) answer.once('drain', more)
    }
    more()
  } else if (lie === 'breaks off') answer.write(bytes.subarray(0, bytes.byteLength >> 1), () => answer.destroy())
  else answer.end(bytes)
}
