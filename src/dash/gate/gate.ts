import type { IncomingMessage } from 'node:http'
import { type Body, readBody } from './body.ts'
import { changeRefusal, hostRefusal, originRefusal, type Refusal, valuesOf } from './guard.ts'
import { targetOf } from './request-target.ts'
import type { Route } from './route.ts'
import { isSameSecret } from './secret.ts'
import type { Session, Sessions } from './sessions.ts'

/** The addresses that need no session: what opens one. */
export type OpenPath = '/' | '/start.js' | '/start.css' | '/start.svg' | '/session' | '/code'
const openPaths: Readonly<Record<OpenPath, { readonly method: 'GET' | 'POST'; readonly purpose: 'page' | 'part' }>> = {
  '/': { method: 'GET', purpose: 'page' },
  '/start.js': { method: 'GET', purpose: 'part' },
  '/start.css': { method: 'GET', purpose: 'part' },
  '/start.svg': { method: 'GET', purpose: 'part' },
  '/session': { method: 'POST', purpose: 'part' },
  '/code': { method: 'POST', purpose: 'part' },
}

/** A request that may be answered. */
export type Admitted =
  | { readonly open: OpenPath; readonly body: Body }
  | {
      readonly route: Route
      readonly session: Session
      readonly query: ReadonlyMap<string, string>
      readonly body: Body
    }

export interface Gate {
  readonly sessions: Sessions
  readonly routes: readonly Route[]
  /** The names under which the server is reached; none before it listens. */
  hosts: readonly string[]
}

/** Decides on a request before anything else looks at it; the order of the checks is from the cheapest to the body. */
export async function admit(request: IncomingMessage, gate: Gate): Promise<Admitted | Refusal> {
  const misdirected = hostRefusal(request, gate.hosts)
  if (misdirected !== undefined) return misdirected
  const target = targetOf(request.url ?? '')
  if ('because' in target) return target
  const { path, query } = target
  if (isOpenPath(path)) return admitOpen(request, path, query, gate)
  const [, first = ''] = path.split('/', 2)
  const session = gate.sessions.find(first, request.headers.cookie)
  if (session === undefined) return { status: 404, because: 'path' }
  const below = path.slice(first.length + 1)
  const there = gate.routes.filter((route) => route.path === below)
  if (there.length === 0) return { status: 404, because: 'path' }
  const route = there.find(({ method }) => method === request.method)
  if (route === undefined) return { status: 405, because: 'method' }
  const purpose = route.method === 'POST' ? 'change' : route.isPage === true ? 'page' : 'part'
  const foreign = originRefusal(request, purpose, false)
  if (foreign !== undefined) return foreign
  if (session === 'no-cookie') return { status: 401, because: 'session' }
  if ([...query.keys()].some((name) => route.query?.includes(name) !== true)) return { status: 400, because: 'query' }
  if (purpose !== 'change') return { route, session, query, body: {} }
  const unfit = changeRefusal(request)
  if (unfit !== undefined) return unfit
  // A navigation has no own headers and sends `Origin`; a change must have both.
  const shown = valuesOf(request.rawHeaders, 'x-reprise')
  const isOurs = shown.length === 1 && isSameSecret(shown[0] ?? '', session.csrf)
  if (!isOurs || request.headers.origin === undefined) return { status: 403, because: 'csrf' }
  const read = await readBody(request)
  return 'because' in read ? read : { route, session, query, body: read.body }
}

function isOpenPath(path: string): path is OpenPath {
  return Object.hasOwn(openPaths, path)
}

async function admitOpen(
  request: IncomingMessage,
  path: OpenPath,
  query: ReadonlyMap<string, string>,
  { sessions }: Gate,
): Promise<Admitted | Refusal> {
  const { method, purpose } = openPaths[path]
  if (request.method !== method) return { status: 405, because: 'method' }
  if (query.size > 0) return { status: 400, because: 'query' }
  const bearer = /^Bearer ([\w-]{43})$/.exec(request.headers.authorization ?? '')?.[1]
  const isToken = bearer !== undefined && sessions.isToken(bearer)
  const foreign = originRefusal(request, purpose, isToken)
  if (foreign !== undefined) return foreign
  if (method === 'GET') return { open: path, body: {} }
  if (path === '/code' && !isToken) return { status: 401, because: 'token' }
  const unfit = changeRefusal(request)
  if (unfit !== undefined) return unfit
  const read = await readBody(request)
  return 'because' in read ? read : { open: path, body: read.body }
}
