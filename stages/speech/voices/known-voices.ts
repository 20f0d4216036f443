import { espeakNg } from '../../tools/espeak-ng.ts'
import type { ChosenVoice } from './choose-voice.ts'
import type { VoiceHost } from './voice.ts'
import { fliteVoices, kokoroVoices, piperVoice } from './voice-names.ts'

/** Returns the names that what speaks takes for a voice; undefined where only it knows them. */
export async function knownVoices(
  host: Pick<VoiceHost, 'exec'>,
  synthesizer: ChosenVoice['synthesizer'],
  language: string,
): Promise<readonly string[] | undefined> {
  switch (synthesizer) {
    case 'kokoro':
      return kokoroVoices(language)
    case 'piper':
      return language === piperVoice.language ? [piperVoice.name] : []
    case 'flite':
      return fliteVoices
    case 'espeak-ng':
      return espeakVoices((await host.exec(espeakNg, ['--voices'])).stdout)
    case 'own':
      return []
    case 'api':
      return undefined
    default:
      return synthesizer satisfies never
  }
}

/** Returns the names in the table that `espeak-ng --voices` prints: the language, the name, the file, other languages. */
export function espeakVoices(printed: string): readonly string[] {
  const names = printed.split('\n').flatMap((line) => {
    const found = /^\s*\d+\s+(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line)
    if (found === null) return []
    const [, language = '', name = '', file = '', others = ''] = found
    return [language, name, file, ...[...others.matchAll(/\(([\w-]+) \d+\)/g)].map(([, other = '']) => other)]
  })
  return [...new Set(names)]
}

/**
 * Returns whether espeak-ng speaks with a voice. It lists no voice of MBROLA, and takes the nearest one for a name such as
 * `de-at`.
 */
export async function isVoiceOfEspeak(host: Pick<VoiceHost, 'exec'>, voice: string): Promise<boolean> {
  const { exitCode } = await host.exec(espeakNg, ['-q', '-v', voice, '--stdin'], { stdin: 'a', okExitCodes: [0, 1] })
  return exitCode === 0
}
