import { describe, expect, it } from 'vitest'
import { openAiClient } from '../../../stages/language-model/openai-client.ts'
import { translateLines } from '../../../stages/translation/ask-batch.ts'
import type { Batch } from '../../../stages/translation/batches.ts'
import { type Misbehaviour, startModelServer } from '../language-model/model-server.ts'

const lines = ['Good morning.', 'The bridge is old.', 'We meet at the bridge.', 'Goodbye.']
const batch: Omit<Batch, 'id'> = { before: ['Earlier.'], lines, after: ['Later.'], terms: [] }
const upper = lines.map((line) => line.toUpperCase())
const languages = { from: 'en', to: 'es', temperature: 0 }

async function translate(misbehave: Misbehaviour, given = batch, key?: string) {
  const server = await startModelServer(misbehave)
  const log: string[] = []
  const host = { signal: new AbortController().signal, log: (line: string) => void log.push(line) }
  const model = openAiClient({ address: server.address, model: 'tiny', key })
  const result = await translateLines(model, given, languages, host)
  return { result, asked: server.asked, log }
}

describe('a language model', () => {
  it('is asked once, with the lines beside them, a schema and the key', async () => {
    const { result, asked } = await translate(() => undefined, batch, 'sesame')
    expect(result).toEqual({ ok: true, lines: upper, tokens: 7 })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ before: ['Earlier.'], after: ['Later.'], lines })
    expect(asked[0]?.headers.authorization).toBe('Bearer sesame')
    expect(asked[0]?.body).toMatchObject({ model: 'tiny', temperature: 0, response_format: { type: 'json_schema' } })
    expect(asked[0]?.body.messages[0]?.content).toContain('from English to Spanish')
  })

  it.each([429, 500, 503])('is asked again after %d', async (status) => {
    const { result, asked, log } = await translate((_, count, response) => {
      if (count > 1) return undefined
      response.writeHead(status, { 'retry-after': '0' }).end('{"error": "slow down"}')
      return true
    })
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked).toHaveLength(2)
    expect(log).toEqual([`the language model answered ${status}: {"error": "slow down"}; asked again in 0 ms (2 of 5)`])
  })

  it('is asked again after a connection that is cut', async () => {
    const { result, asked } = await translate((_, count, response) => {
      if (count > 1) return undefined
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"choices": [', () => response.destroy())
      return true
    })
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked).toHaveLength(2)
  })

  it('is not asked again where it refuses', async () => {
    const { result, asked } = await translate((_, __, response) => {
      response.writeHead(401).end('{"error": "no such key"}')
      return true
    })
    expect(result).toEqual({ ok: false, error: 'the language model answered 401: {"error": "no such key"}' })
    expect(asked).toHaveLength(1)
  })

  it('is asked without a schema where it does not know schemas', async () => {
    const { result, asked } = await translate(({ body }, _, response) => {
      if (body.response_format === undefined) return undefined
      response.writeHead(400).end('{"error": "unknown field response_format"}')
      return true
    })
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked.map(({ body }) => body.response_format !== undefined)).toEqual([true, false])
  })

  it('that does not know schemas answers all who ask it at once', async () => {
    const waiting: (() => void)[] = []
    // Both were asked before either is answered.
    const server = await startModelServer(({ body }, _, response) => {
      if (body.response_format === undefined) return undefined
      waiting.push(() => response.writeHead(400).end('{"error": "unknown field response_format"}'))
      if (waiting.length === 2) for (const answer of waiting) answer()
      return true
    })
    const model = openAiClient({ address: server.address, model: 'tiny' })
    const host = { signal: new AbortController().signal, log: () => {} }
    const results = await Promise.all([0, 1].map(() => translateLines(model, batch, languages, host)))
    expect(results).toMatchObject([{ lines: upper }, { lines: upper }])
  })

  it.each([
    ['a code block', (json: string) => `Here you are:\n\`\`\`json\n${json}\n\`\`\`\nEnjoy!`],
    ['words around it', (json: string) => `Sure. ${json} That is all.`],
  ])('may put its JSON into %s', async (_, wrap) => {
    const json = JSON.stringify({ lines: upper.map((text, index) => ({ id: index + 1, text })) })
    const { result, asked } = await translate(() => wrap(json))
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['no JSON', 'I would rather not.', 'the answer is not JSON'],
    ['other JSON', '{"translation": "x"}', 'it is not {"lines"'],
    ['too few lines', '{"lines": [{"id": 1, "text": "x"}]}', 'it has 1 lines with 1 ids, and 4 lines were given'],
    [
      'an empty line',
      JSON.stringify({ lines: upper.map((text, index) => ({ id: index + 1, text: index === 2 ? '' : text })) }),
      'line 3 is missing or empty',
    ],
  ])('is told what was wrong with its answer: %s', async (_, content, wrong) => {
    const { result, asked } = await translate((__, count) => (count === 1 ? content : undefined))
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked).toHaveLength(2)
    expect(asked[1]?.body.messages.at(-1)?.content).toContain(`That is wrong: ${wrong}`)
  })

  it('is asked for halves where it joins lines, and each half has its neighbours', async () => {
    const joined: Misbehaviour = ({ lines: given }) =>
      given.length > 2 ? '{"lines": [{"id": 1, "text": "all"}]}' : undefined
    const { result, asked } = await translate(joined)
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked.map((asking) => asking.lines.length)).toEqual([4, 4, 2, 2])
    expect(asked[2]).toMatchObject({ before: ['Earlier.'], after: lines.slice(2) })
    expect(asked[3]).toMatchObject({ before: lines.slice(0, 2), after: ['Later.'] })
  })

  it('is asked for halves where its answer is cut off', async () => {
    const { result, asked } = await translate(({ lines: given }, _, response) => {
      if (given.length < 4) return undefined
      response.end(JSON.stringify({ choices: [{ message: { content: '{"lines": [' }, finish_reason: 'length' }] }))
      return true
    })
    expect(result).toMatchObject({ ok: true, lines: upper })
    expect(asked).toHaveLength(3)
  })

  it('fails with the line that it does not translate', async () => {
    const stubborn: Misbehaviour = ({ lines: given }) => (given.includes(lines[1] ?? '') ? 'No.' : undefined)
    const { result } = await translate(stubborn)
    expect(result).toEqual({
      ok: false,
      error: "the language model does not translate 'The bridge is old.': the answer is not JSON",
    })
  })

  it('is asked again for a line that lacks a term of the glossary', async () => {
    const terms = [{ term: 'bridge', translation: 'puente' }]
    const forgets: Misbehaviour = ({ lines: given }) =>
      given.length === 4
        ? JSON.stringify({
            lines: upper.map((text, index) => ({ id: index + 1, text: index === 1 ? 'EL PUENTE ES VIEJO' : text })),
          })
        : undefined
    const { result, asked } = await translate(forgets, { ...batch, terms })
    expect(result).toMatchObject({
      ok: true,
      lines: [upper[0], 'EL PUENTE ES VIEJO', 'WE MEET AT THE puente.', upper[3]],
    })
    expect(asked).toHaveLength(2)
    expect(asked[1]?.body.messages[0]?.content).toContain("Translate 'bridge' as 'puente'")
  })
})
