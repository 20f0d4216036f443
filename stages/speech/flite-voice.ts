import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flite, fliteArgs } from '../tools/flite.ts'
import type { Voice } from './voice.ts'

/** The voices that are compiled into flite. */
const voices = ['slt', 'rms', 'awb', 'kal16', 'kal']

/** Speaks English, with voices made of recordings. */
export const fliteVoice: Voice = {
  languages: ['en'],
  tools: [flite],
  async speak(host, { text, voice = 'slt', speed, wav }) {
    if (!voices.includes(voice)) host.fail(`flite has no voice '${voice}'; it has: ${voices.join(', ')}`)
    const file = join(host.tempDir, 'text.txt')
    await writeFile(file, `${text}\n`)
    await host.exec(flite, fliteArgs({ voice, speed, text: file, wav }))
  },
}
