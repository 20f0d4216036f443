import { setTimeout as sleep } from 'node:timers/promises'
import type { LanguageModel, Message, ModelFailure, Question } from './language-model.ts'

/** What a function that asks needs of a stage's context. */
export interface AskHost {
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

export interface JsonQuestion<Value> extends Question {
  /** Returns the value, or what is wrong with it in words that the model is told. */
  read(answer: unknown): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: string }
}

export type JsonAnswer<Value> =
  | { readonly ok: true; readonly value: Value; readonly tokens: number }
  /** `wrong`: it answered each time, and never as asked. */
  | { readonly ok: false; readonly error: ModelFailure | { readonly kind: 'wrong'; readonly message: string } }

/** How often a server that is busy is asked, and how long is waited at first. */
const mostTries = 5
const firstWaitMs = 500
const longestWaitMs = 60_000
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
    const asked = await askPatiently(model, { ...question, messages }, host)
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

async function askPatiently(model: LanguageModel, question: Question, { signal, log }: AskHost) {
  for (let tries = 1; ; tries += 1) {
    const asked = await model.ask(question, signal)
    if (asked.ok || asked.error.kind !== 'busy' || tries === mostTries) return asked
    const waitMs = Math.min(longestWaitMs, asked.error.retryAfterMs ?? firstWaitMs * 2 ** (tries - 1))
    log(`${asked.error.message}; asked again in ${waitMs} ms (${tries + 1} of ${mostTries})`)
    await sleep(waitMs, undefined, { signal })
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
