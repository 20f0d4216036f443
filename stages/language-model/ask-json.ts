import type { LanguageModel, Message, ModelFailure, Question } from './language-model.ts'
import { type AskHost, patiently } from './patiently.ts'

export interface JsonQuestion<Value> extends Question {
  /** Returns the value, or what is wrong with it in words that the model is told. */
  read(answer: unknown): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: string }
}

export type JsonAnswer<Value> =
  | { readonly ok: true; readonly value: Value; readonly tokens: number }
  /** `wrong`: it answered each time, and never as asked. */
  | { readonly ok: false; readonly error: ModelFailure | { readonly kind: 'wrong'; readonly message: string } }

/** How often a model is told what was wrong with its answer. */
const mostCorrections = 1

/**
 * Asks for JSON: waits where the server is busy, takes JSON out of the words around it, and tells the model what was wrong
 * with an answer before it gives up.
 */
export async function askJson<Value>(
  model: LanguageModel,
  question: JsonQuestion<Value>,
  host: AskHost,
): Promise<JsonAnswer<Value>> {
  let messages: readonly Message[] = question.messages
  let tokens = 0
  for (let correction = 0; ; correction += 1) {
    const asked = await patiently(() => model.ask({ ...question, messages }, host.signal), host)
    if (!asked.ok) return asked
    const { text, isCutOff } = asked.value
    tokens += asked.value.tokens
    const found = jsonIn(text)
    const read = isCutOff
      ? { ok: false as const, error: 'the answer was cut off' }
      : found === undefined
        ? { ok: false as const, error: 'the answer is not JSON' }
        : question.read(found.value)
    if (read.ok) return { ok: true, value: read.value, tokens }
    host.log(`the language model answered wrongly: ${read.error}`)
    if (isCutOff || correction === mostCorrections) return { ok: false, error: { kind: 'wrong', message: read.error } }
    messages = [
      ...question.messages,
      { role: 'assistant', content: text },
      { role: 'user', content: `That is wrong: ${read.error}. Answer again, with the JSON alone.` },
    ]
  }
}

/** Returns the JSON value in an answer, which may stand in a code block or between words. */
export function jsonIn(text: string): { readonly value: unknown } | undefined {
  const block = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1]
  const from = text.indexOf('{')
  const to = text.lastIndexOf('}')
  for (const part of [text, block, from >= 0 && to > from ? text.slice(from, to + 1) : undefined]) {
    if (part === undefined) continue
    try {
      return { value: JSON.parse(part) }
    } catch {
      // The next form may be it.
    }
  }
  return undefined
}
