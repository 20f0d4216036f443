import { espeakArgs, espeakNg } from '../tools/espeak-ng.ts'
import type { Voice } from './voice.ts'

/** Languages that espeak-ng has in several accents: which one is meant without a region. */
const accents: Readonly<Record<string, string>> = { en: 'en-us', zh: 'cmn', pt: 'pt-br' }

/** Speaks about a hundred languages, with a voice that is clear and robotic. */
export const espeakVoice: Voice = {
  tools: [espeakNg],
  async speak(host, { text, voice, language, speed, wav }) {
    const name = voice ?? accents[language] ?? language
    const { exitCode, stderrTail } = await host.exec(espeakNg, espeakArgs({ voice: name, speed, wav }), {
      stdin: text,
      okExitCodes: [0, 1],
    })
    if (exitCode === 0) return
    host.fail(
      `espeak-ng cannot speak with the voice '${name}' (${stderrTail.trim()}): 'espeak-ng --voices' lists those that it has`,
    )
  },
}
