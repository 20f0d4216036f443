import * as z from 'zod/mini'
import type { Asked, LanguageModel, Question } from './language-model.ts'
import { busy, reasonOf, refusal } from './server-failure.ts'

export interface ModelAddress {
  /** Where the API is, such as `http://127.0.0.1:8080/v1`. */
  readonly address: string
  readonly model: string
  readonly key?: string | undefined
}

/** The part of an answer that is used, of the chat completions of OpenAI (API reference, `POST /chat/completions`). */
const Completion = z.object({
  choices: z.array(
    z.object({ message: z.object({ content: z.nullable(z.string()) }), finish_reason: z.nullish(z.string()) }),
  ),
  usage: z.nullish(z.object({ total_tokens: z.optional(z.number()) })),
})

/** A server that says nothing for as long has gone. */
const silentMs = 300_000

/** Returns a client of a server that speaks the chat completions of OpenAI, as most servers of models do. */
export function openAiClient({ address, model, key }: ModelAddress): LanguageModel {
  const url = `${address.replace(/\/+$/, '')}/chat/completions`
  let knowsSchema = true
  const post = async (
    { messages, temperature, schema }: Question,
    withSchema: boolean,
    signal: AbortSignal,
  ): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        model,
        messages,
        temperature,
        ...(withSchema ? { response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } } } : {}),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(silentMs)]),
      redirect: 'error',
    })
  return {
    model,
    async ask(question, signal): Promise<Asked> {
      try {
        // Several are asked at once, and each may be the one that learns it.
        const withSchema = knowsSchema
        let response = await post(question, withSchema, signal)
        if (response.status === 400 && withSchema) {
          await response.body?.cancel()
          response = await post(question, false, signal)
          if (response.ok) knowsSchema = false
        }
        const text = await response.text()
        return response.ok ? answerIn(text) : refusal('the language model', response, text)
      } catch (error) {
        if (signal.aborted) throw error
        return busy(`the language model cannot be reached: ${reasonOf(error)}`)
      }
    },
  }
}

function answerIn(text: string): Asked {
  let completion: z.infer<typeof Completion> | undefined
  try {
    completion = Completion.parse(JSON.parse(text))
  } catch {
    return busy('the server of the language model answered something else than a chat completion')
  }
  const [choice] = completion.choices
  if (choice === undefined) return busy('the language model gave no answer')
  return {
    ok: true,
    value: {
      text: choice.message.content ?? '',
      isCutOff: choice.finish_reason === 'length',
      tokens: completion.usage?.total_tokens ?? 0,
    },
  }
}
