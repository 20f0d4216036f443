import { espeakArgs, espeakNg } from '../../tools/espeak-ng.ts'
import type { Voice } from './voice.ts'
import { espeakAccent } from './voice-names.ts'

/** Speaks about a hundred languages, with a voice that is clear and robotic. */
export const espeakVoice: Voice = {
  tools: () => [espeakNg],
  async speak(host, { pieces, voice, language, speed }) {
    const name = voice ?? espeakAccent(language)
    for (const [index, { text, wav }] of pieces.entries()) {
      const { exitCode, stderrTail } = await host.exec(espeakNg, espeakArgs({ voice: name, speed, wav }), {
        stdin: text,
        okExitCodes: [0, 1],
      })
      if (exitCode !== 0)
        host.fail(
          `espeak-ng cannot speak with the voice '${name}' (${stderrTail.trim()}): 'espeak-ng --voices' lists those that it has`,
        )
      host.progress((index + 1) / (pieces.length + 1))
    }
  },
}
