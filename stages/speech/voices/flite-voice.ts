import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flite, fliteArgs } from '../../tools/flite.ts'
import type { Voice } from './voice.ts'
import { fliteVoices } from './voice-names.ts'

/** Speaks English, with voices made of recordings. */
export const fliteVoice: Voice = {
  tools: () => [flite],
  async speak(host, { pieces, voice = 'slt', language, speed }) {
    if (language !== 'en') host.fail(`flite does not speak '${language}', English alone: choose -p voice=espeak-ng`)
    if (!fliteVoices.includes(voice)) host.fail(`flite has no voice '${voice}'; it has: ${fliteVoices.join(', ')}`)
    const file = join(host.tempDir, 'text.txt')
    for (const [index, { text, wav }] of pieces.entries()) {
      await writeFile(file, `${text}\n`)
      await host.exec(flite, fliteArgs({ voice, speed, text: file, wav }))
      host.progress((index + 1) / (pieces.length + 1))
    }
  },
}
