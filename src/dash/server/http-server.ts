import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { reportStyle } from '../../core/index.ts'
import { type Admitted, admit, type Gate } from '../gate/gate.ts'
import type { Refusal } from '../gate/guard.ts'
import type { Answer } from '../gate/route.ts'
import { cookieOf } from '../gate/sessions.ts'
import { dataHeaders, pageHeaders } from './headers.ts'
import { icon, startPage, startScript } from './start-page.ts'

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1000,
}
const socketsMax = 256

/** Makes an HTTP server that answers what the gate admits, and nothing else. No request can end the process. */
export function createDashServer(gate: Gate, onBug: (error: unknown) => void): Server {
  const server = createServer({ ...limits, insecureHTTPParser: false }, (request, response) => {
    answer(request, response, gate).catch((error: unknown) => {
      onBug(error)
      if (response.headersSent) response.destroy()
      else send(response, { status: 500, json: { error: 'the dashboard met a bug; the terminal has its lines' } })
    })
  })
  server.maxConnections = socketsMax
  server.on('clientError', (_error, socket) => {
    // What is not HTTP gets no words.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
  const refuseSocket = (_request: IncomingMessage, socket: Pick<Socket, 'end'>) =>
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n')
  server.on('connect', refuseSocket)
  server.on('upgrade', refuseSocket)
  return server
}

async function answer(request: IncomingMessage, response: ServerResponse, gate: Gate): Promise<void> {
  response.on('error', () => {})
  request.on('error', () => {})
  let admitted: Admitted | Refusal
  try {
    admitted = await admit(request, gate)
  } catch {
    // The browser went away while its body was read.
    response.destroy()
    return
  }
  if ('because' in admitted) refuse(request, response, admitted)
  else if ('open' in admitted) send(response, open(admitted, gate, response))
  else {
    const { route, ...parts } = admitted
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const given = await route.handle({ ...parts, request, response, signal: gone.signal })
    if (given !== 'sent') send(response, given)
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, because }: Refusal): void {
  // The rest of a body that nobody reads would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(status, { ...dataHeaders, 'content-type': 'text/plain; charset=utf-8' })
  response.end(status === 421 ? '' : `refused: ${because}\n`)
}

function open(
  { open: path, body }: Extract<Admitted, { open: string }>,
  { sessions }: Gate,
  response: ServerResponse,
): Answer {
  switch (path) {
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', text: startPage, isPage: true }
    case '/start.js':
      return { status: 200, type: 'text/javascript; charset=utf-8', text: startScript }
    case '/start.css':
      return { status: 200, type: 'text/css; charset=utf-8', text: reportStyle }
    case '/start.svg':
      return { status: 200, type: 'image/svg+xml', text: icon }
    case '/session': {
      const session = typeof body.code === 'string' ? sessions.redeem(body.code) : undefined
      if (session === undefined) return { status: 401, json: { error: 'this address was used already, or is too old' } }
      response.setHeader('set-cookie', cookieOf(session))
      return { status: 200, json: { path: `/${session.path}/` } }
    }
    case '/code':
      return { status: 200, json: { code: sessions.issueCode() } }
    default:
      return path satisfies never
  }
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === 'sent') return
  const isPage = 'isPage' in answer
  const [type, text] =
    'json' in answer ? ['application/json; charset=utf-8', JSON.stringify(answer.json)] : [answer.type, answer.text]
  response.writeHead(answer.status, { ...(isPage ? pageHeaders : dataHeaders), 'content-type': type })
  response.end(text)
}
