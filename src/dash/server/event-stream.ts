import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { StreamMessage } from '../api/messages.ts'
import { dataHeaders } from './headers.ts'

const heartbeatMs = 15_000
export const streamsMax = 32
const keptMessages = 4000
const keptBytes = 8 * 1024 * 1024
/** A browser that does not read for so long is let go; it comes back and is told what it missed. */
const unreadBytesMax = 8 * 1024 * 1024

interface Kept {
  readonly number: number
  readonly text: string
}

/** Sends messages to browsers as server-sent events. Who was away names the last message it saw, and gets the rest. */
export class EventStream {
  /** Tells the messages of this server from those of one before it. */
  readonly #boot = randomBytes(6).toString('hex')
  readonly #readers = new Set<ServerResponse>()
  readonly #heartbeat: NodeJS.Timeout
  #kept: Kept[] = []
  #keptBytes = 0
  #number = 0

  constructor() {
    this.#heartbeat = setInterval(() => {
      for (const reader of this.#readers) this.#write(reader, ':\n\n')
    }, heartbeatMs)
    this.#heartbeat.unref()
  }

  /** Sends a message to all, and keeps it for those who are away. */
  send(message: StreamMessage): void {
    this.#number += 1
    const text = this.#textOf(this.#number, message)
    this.#kept.push({ number: this.#number, text })
    this.#keptBytes += text.length
    while (this.#kept.length > keptMessages || (this.#keptBytes > keptBytes && this.#kept.length > 1))
      this.#keptBytes -= this.#kept.shift()?.text.length ?? 0
    for (const reader of this.#readers) this.#write(reader, text)
  }

  /** Adds a browser; false where there are too many. `lastId` is the `Last-Event-ID` that it sent. */
  add(response: ServerResponse, lastId: string | undefined): boolean {
    if (this.#readers.size >= streamsMax) return false
    response.writeHead(200, { ...dataHeaders, 'content-type': 'text/event-stream; charset=utf-8' })
    this.#readers.add(response)
    response.once('close', () => this.#readers.delete(response))
    const missed = this.#since(lastId)
    if (missed === undefined) this.#write(response, this.#textOf(this.#number, { kind: 'reset' }))
    else this.#write(response, `retry: 1000\n\n${missed.map(({ text }) => text).join('')}`)
    return true
  }

  close(): void {
    clearInterval(this.#heartbeat)
    for (const reader of this.#readers) reader.end()
  }

  #textOf(number: number, message: StreamMessage): string {
    return `id: ${this.#boot}-${number}\ndata: ${JSON.stringify(message)}\n\n`
  }

  /** Returns what came after a message; undefined where that is not known. A first visit has read everything already. */
  #since(lastId: string | undefined): readonly Kept[] | undefined {
    if (lastId === undefined || lastId === '') return []
    const [boot, digits = ''] = lastId.split('-')
    const last = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN
    const oldest = this.#kept[0]?.number ?? this.#number + 1
    if (boot !== this.#boot || !(last >= oldest - 1 && last <= this.#number)) return undefined
    return this.#kept.filter(({ number }) => number > last)
  }

  #write(reader: ServerResponse, text: string): void {
    if (reader.writableLength > unreadBytesMax) reader.destroy()
    else reader.write(text)
  }
}
