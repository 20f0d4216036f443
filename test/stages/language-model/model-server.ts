import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a server was asked. */
export interface Asking {
  readonly headers: IncomingMessage['headers']
  readonly body: {
    readonly model: string
    readonly temperature: number
    readonly messages: readonly { readonly role: string; readonly content: string }[]
    readonly response_format?: unknown
  }
  /** The lines to translate, and the terms, as the last but one of the user's messages has them. */
  readonly lines: readonly string[]
  readonly terms: readonly { readonly term: string; readonly translation: string }[]
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** What a server does: `undefined` lets it answer as it should. */
export type Misbehaviour = (asking: Asking, count: number, response: ServerResponse) => string | true | undefined

export interface ModelServer {
  readonly address: string
  readonly asked: readonly Asking[]
}

/** Answers as a model would that translates by writing in capitals. */
export function translated({ lines, terms }: Pick<Asking, 'lines' | 'terms'>): string {
  const text = (line: string) =>
    terms.reduce((made, { term, translation }) => made.replaceAll(term.toUpperCase(), translation), line.toUpperCase())
  return JSON.stringify({ lines: lines.map((line, index) => ({ id: index + 1, text: text(line) })) })
}

export function completion(content: string, finish = 'stop'): string {
  return JSON.stringify({
    choices: [{ message: { role: 'assistant', content }, finish_reason: finish }],
    usage: { total_tokens: 7 },
  })
}

/**
 * Starts a server on loopback that speaks the protocol, for the length of a test. A misbehaviour returns the content of an
 * answer, or true where it has answered by itself.
 */
export async function startModelServer(misbehave: Misbehaviour = () => undefined): Promise<ModelServer> {
  const asked: Asking[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body: Asking['body'] = JSON.parse(Buffer.concat(parts).toString())
      const given = JSON.parse(body.messages[1]?.content ?? '{}')
      const asking: Asking = {
        headers: request.headers,
        body,
        lines: (given.lines ?? []).map(({ text }: { text: string }) => text),
        terms: given.glossary ?? [],
        before: given.before ?? [],
        after: given.after ?? [],
      }
      asked.push(asking)
      const content = misbehave(asking, asked.length, response)
      if (content === true) return
      response.setHeader('content-type', 'application/json')
      response.end(completion(content ?? translated(asking)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { address: `http://127.0.0.1:${port}/v1`, asked }
}
