import { signal } from '@preact/signals'
import type { JobsAnswer, StreamMessage } from '../../api/messages.ts'
import { get, greet, ServerError } from './server.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'ended'

/** The list of jobs; undefined until it was read. */
export const jobs = signal<JobsAnswer | undefined>(undefined)
export const connection = signal<Connection>('connecting')

type Relayed = { readonly message: StreamMessage } | { readonly state: Connection } | 'who'

const listeners = new Set<(message: StreamMessage) => void>()
const retryMs = 2000
const name = `reprise-${location.pathname}`

/** Calls `listener` with every message until the returned function is called. */
export function onMessage(listener: (message: StreamMessage) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Keeps the page up to date. A browser opens six connections to a server, so one tab holds the stream and tells the
 * others; when it is closed, the next one takes over.
 */
export function startLive(): void {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<Relayed>) => {
    if (data === 'who') return
    if ('state' in data) connection.value = data.state
    else receive(data.message)
  }
  channel.postMessage('who' satisfies Relayed)
  void readJobs()
  void navigator.locks.request(name, () => {
    lead(channel)
    return new Promise<never>(() => {})
  })
}

function lead(channel: BroadcastChannel): void {
  const tell = (state: Connection) => {
    connection.value = state
    channel.postMessage({ state } satisfies Relayed)
  }
  channel.addEventListener('message', ({ data }: MessageEvent<Relayed>) => {
    if (data === 'who') channel.postMessage({ state: connection.value } satisfies Relayed)
  })
  const pass = (message: StreamMessage) => {
    channel.postMessage({ message } satisfies Relayed)
    receive(message)
  }
  const open = (isFirst: boolean) => {
    const source = new EventSource('api/stream')
    source.onopen = () => {
      tell('live')
      // What came before this stream was open is not in it.
      if (!isFirst || jobs.value !== undefined) pass({ kind: 'reset' })
      isFirst = true
    }
    source.onmessage = ({ data }: MessageEvent<string>) => pass(JSON.parse(data) as StreamMessage)
    source.onerror = () => {
      tell('lost')
      if (source.readyState !== EventSource.CLOSED) return
      // The server refused, and the browser does not try again by itself.
      source.close()
      void isEnded().then((over) => {
        if (over) tell('ended')
        setTimeout(() => open(false), retryMs)
      })
    }
  }
  open(true)
}

async function isEnded(): Promise<boolean> {
  try {
    await get('api/hello')
    return false
  } catch (error) {
    return error instanceof ServerError && error.status !== 0
  }
}

function receive(message: StreamMessage): void {
  if (message.kind === 'jobs') jobs.value = message
  if (message.kind === 'reset') void readJobs()
  for (const listener of listeners) listener(message)
}

async function readJobs(): Promise<void> {
  try {
    const [answer] = await Promise.all([get<JobsAnswer>('api/jobs'), greet()])
    jobs.value = answer
    if (connection.value === 'connecting') connection.value = 'live'
  } catch (error) {
    connection.value = error instanceof ServerError && error.status !== 0 ? 'ended' : 'lost'
  }
}
