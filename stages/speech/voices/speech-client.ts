import { busy, reasonOf, refusal } from '../../language-model/server-failure.ts'
import type { SpeechServer } from './speech-service.ts'

export interface SpeechAddress {
  /** Where the API is, such as `http://127.0.0.1:8880/v1`. */
  readonly address: string
  readonly model: string
  readonly key?: string | undefined
}

/** A server that says nothing for as long has gone. */
const silentMs = 300_000

/** How sound files begin: WAV, FLAC, Ogg, MP3 with and without a tag. */
const soundFile = /^(?:RIFF....WAVE|fLaC|OggS|ID3|\xff[\xe2-\xff])/s

/** Returns a client of a server that speaks as OpenAI's does (API reference, `POST /audio/speech`). */
export function speechClient({ address, model, key }: SpeechAddress): SpeechServer {
  const url = `${address.replace(/\/+$/, '')}/audio/speech`
  return {
    model,
    async speak({ text, voice, speed }, signal) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
          },
          body: JSON.stringify({ model, input: text, voice, speed, response_format: 'wav' }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(silentMs)]),
          redirect: 'error',
        })
        if (!response.ok) return refusal('the speech server', response, await response.text())
        const sound = Buffer.from(await response.arrayBuffer())
        if (!soundFile.test(sound.toString('latin1', 0, 16)))
          return busy('the speech server answered something else than sound')
        return { ok: true, value: sound }
      } catch (error) {
        if (signal.aborted) throw error
        return busy(`the speech server cannot be reached: ${reasonOf(error)}`)
      }
    },
  }
}
