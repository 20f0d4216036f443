import { defineSecret, defineService } from 'reprise'
import type { ModelFailure } from '../../language-model/language-model.ts'

export interface SpeechQuestion {
  readonly text: string
  /** A voice as the server calls it. */
  readonly voice: string
  /** Times the usual speed. */
  readonly speed: number
}

/** The bytes of a sound file, or why there are none. */
export type SpokenSound =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly error: ModelFailure }

/** A server that speaks. */
export interface SpeechServer {
  /** Which model speaks: part of the keys of the steps that ask it. */
  readonly model: string
  speak(question: SpeechQuestion, signal: AbortSignal): Promise<SpokenSound>
}

/** The speech server of a run. Where it is, and with which key it is asked, is part of no key and written nowhere. */
const speechServer = defineService<SpeechServer>('speech-server')

/** The same for stages whose results depend on it: another model is another key. */
export const keyedSpeechServer = speechServer.keyed(({ model }) => ({ model }))

/** The service, to be provided. */
export const providedSpeechServer = speechServer

/** The key with which the server is asked, so that it is hidden in everything that a run writes. */
export const speechServerKey = defineSecret('speech-server-key')
