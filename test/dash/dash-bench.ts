import { connect } from 'node:net'
import { resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type Dash, startDash } from '../../src/dash/index.ts'
import { commandPath } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

export const distDir = resolve(import.meta.dirname, '../../dist')

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Visit {
  /** Begins and ends with a slash. */
  readonly path: string
  readonly cookie: string
  readonly csrf: string
}

/** A request in parts; what is undefined of the headers is left out. */
export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

export interface DashBench {
  readonly dash: Dash
  readonly port: number
  /** What went wrong inside; a test that expects none fails with them. */
  readonly bugs: readonly unknown[]
  /** Sends bytes as they are, and returns the first answer; `ends` says that no more will come. */
  raw(text: string, ends?: boolean): Promise<RawAnswer>
  /** Sends what the dashboard's own page would send; headers that are given take the place of its own. */
  ask(asked: Asked): Promise<RawAnswer>
  /** Opens a session as a browser does. */
  enter(): Promise<Visit>
  /** Asks as the page of a session does. */
  as(visit: Visit, asked: Asked): Promise<RawAnswer>
}

/** Starts a dashboard of a store, for the length of a test. */
export async function openDashBench(storeDir = `${temporaryDirectory()}/store`, root = storeDir): Promise<DashBench> {
  const bugs: unknown[] = []
  const started = await startDash({
    storeDir,
    root,
    version: '0.0.0',
    program: [process.execPath, commandPath],
    env: process.env,
    scriptDir: distDir,
    showPath: (path) => path,
    onBug: (error) => bugs.push(error),
  })
  if (!started.ok) throw new Error(started.error)
  const dash = started.value
  onTestFinished(() => dash.close())
  const { port } = dash
  const raw = (text: string, ends = false) => sendRaw(port, text, ends)
  const own = `127.0.0.1:${port}`
  const ask = ({ method = 'GET', path, headers = {}, body }: Asked) => {
    const change = method === 'GET' ? {} : { origin: `http://${own}`, 'content-type': 'application/json' }
    const all: Record<string, string | undefined> = {
      host: own,
      connection: 'close',
      'sec-fetch-site': 'same-origin',
      ...change,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body, 'latin1')) }),
      ...headers,
    }
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
    return raw(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body ?? ''}`)
  }
  const as = (visit: Visit, asked: Asked) => {
    const csrf = asked.method === undefined || asked.method === 'GET' ? {} : { 'x-reprise': visit.csrf }
    const path = `${visit.path}${asked.path.slice(1)}`
    return ask({ ...asked, path, headers: { cookie: visit.cookie, ...csrf, ...asked.headers } })
  }
  const enter = async () => {
    const opened = await ask({
      method: 'POST',
      path: '/session',
      body: JSON.stringify({ code: codeIn(dash.address()) }),
    })
    const { path } = z.object({ path: z.string() }).parse(JSON.parse(opened.body))
    const [cookie = ''] = (opened.headers['set-cookie'] ?? '').split(';')
    const visit = { path, cookie, csrf: '' }
    const hello = await as(visit, { path: '/api/hello' })
    const { csrf } = z.object({ csrf: z.string() }).parse(JSON.parse(hello.body))
    return { ...visit, csrf }
  }
  return { dash, port, bugs, raw, ask, enter, as }
}

export function codeIn(address: string): string {
  return new URL(address).hash.slice(1)
}

function sendRaw(port: number, text: string, ends: boolean): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const pieces: Buffer[] = []
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')))
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.once('error', (error) => (pieces.length === 0 ? reject(error) : undefined))
    socket.once('close', () => resolve(parseAnswer(Buffer.concat(pieces).toString('latin1'))))
    if (ends) socket.end(Buffer.from(text, 'latin1'))
    else socket.write(Buffer.from(text, 'latin1'))
  })
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const rest = Buffer.from(text.slice(end + 4), 'latin1')
  const body = headers['transfer-encoding'] === 'chunked' ? unchunked(rest) : rest
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: body.toString('utf8') }
}

function unchunked(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd === -1 ? 0 : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) return Buffer.concat(pieces)
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
