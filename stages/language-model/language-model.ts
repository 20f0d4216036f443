import { defineSecret, defineService } from 'reprise'

/** A part of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Question {
  readonly messages: readonly Message[]
  readonly temperature: number
  /** JSON Schema of what is to be answered. A server that does not know it is asked again without. */
  readonly schema: { readonly name: string; readonly schema: object }
}

export interface Answer {
  readonly text: string
  /** Whether the model was cut off before it had ended. */
  readonly isCutOff: boolean
  /** As the server counts them; 0 where it does not. */
  readonly tokens: number
}

/** Why a model gave no answer. */
export interface ModelFailure {
  /** `busy` may be asked again; `refused` would be refused again; `offline` says that nothing may be asked. */
  readonly kind: 'busy' | 'refused' | 'offline'
  readonly message: string
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number
}

export type Asked = { readonly ok: true; readonly value: Answer } | { readonly ok: false; readonly error: ModelFailure }

/** A language model that can be asked. */
export interface LanguageModel {
  /** Which model: part of the keys of the steps that ask it. */
  readonly model: string
  ask(question: Question, signal: AbortSignal): Promise<Asked>
}

/** The language model of a run. Where it is, and with which key it is asked, is part of no key and written nowhere. */
export const languageModel = defineService<LanguageModel>('language-model')

/** The same for stages whose results depend on it: another model is another key. */
export const keyedLanguageModel = languageModel.keyed(({ model }) => ({ model }))

/** The key with which the model is asked, so that it is hidden in everything that a run writes. */
export const languageModelKey = defineSecret('language-model-key')
