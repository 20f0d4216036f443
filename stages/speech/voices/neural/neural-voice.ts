import { espeakNg } from '../../../tools/espeak-ng.ts'
import { modelArgs, modelPlace, modelTool } from '../../../tools/model-tool.ts'
import type { SpeakRequest, Voice, VoiceHost } from '../voice.ts'
import { accentOfKokoro, kokoroVoice, kokoroVoices, piperVoice } from '../voice-names.ts'
import { kokoroLetters } from './kokoro-letters.ts'
import { kokoroSounds, plainSounds, soundsOf } from './sounds.ts'
import { voiceScript } from './voice-script.ts'

/** More than so many sounds at once are not spoken well; the styles of a voice end there, too. */
const mostSounds = 400

/** Kokoro: the best voices that can be installed, in six languages. */
export const kokoroSpeaker: Voice = {
  tools: () => [modelTool('kokoro', modelPlace('kokoro')), espeakNg],
  async speak(host, request) {
    const { language } = request
    const voice = kokoroVoice(request.voice, language)
    const accent = voice === undefined ? undefined : accentOfKokoro(voice)
    if (voice === undefined || accent === undefined) {
      const known = kokoroVoices(language)
      return host.fail(
        known.length === 0
          ? `Kokoro does not speak '${language}': choose -p voice=espeak-ng`
          : `Kokoro has no voice '${request.voice}' for '${language}'; it has: ${known.join(', ')}`,
      )
    }
    const sounds = await soundsOf(host, textsOf(request), accent)
    const mapped = sounds.map((some) => kokoroSounds(some, accent))
    await speakWith(host, 'kokoro', { ...request, kind: 'kokoro', voice, letters: kokoroLetters, sounds: mapped })
  },
}

/** Piper: an American voice that costs a tenth of the time. */
export const piperSpeaker: Voice = {
  tools: () => [modelTool('piper', modelPlace('piper-joe')), espeakNg],
  async speak(host, request) {
    const { voice = piperVoice.name, language } = request
    if (language !== piperVoice.language)
      return host.fail(`the voice of Piper does not speak '${language}': choose -p voice=espeak-ng`)
    if (voice !== piperVoice.name && voice !== piperVoice.accent)
      return host.fail(`Piper has no voice '${voice}'; it has: ${piperVoice.name}`)
    const sounds = await soundsOf(host, textsOf(request), piperVoice.accent)
    await speakWith(host, 'piper-joe', { ...request, kind: 'piper', voice, sounds: sounds.map(plainSounds) })
  },
}

export function textsOf({ pieces }: Pick<SpeakRequest, 'pieces'>): readonly string[] {
  return pieces.map(({ text }) => text)
}

interface SoundRequest extends SpeakRequest {
  readonly kind: 'kokoro' | 'piper'
  readonly sounds: readonly string[]
  readonly letters?: Readonly<Record<string, number>>
}

async function speakWith(
  host: VoiceHost,
  model: 'kokoro' | 'piper-joe',
  { kind, voice, speed, letters, sounds, pieces }: SoundRequest,
): Promise<void> {
  const place = modelPlace(model)
  const question = { kind, voice, speed, letters, pieces: wantedOf(pieces, sounds) }
  await host.ask(modelTool(kind, place), modelArgs(voiceScript, place), question, {
    onStdoutLine: progressOf(host, pieces),
  })
}

/** Returns what is asked for: for each piece its sounds, and the file to write. */
export function wantedOf(pieces: SpeakRequest['pieces'], sounds: readonly string[]) {
  return pieces.map(({ wav }, index) => ({ wav, sounds: inParts(sounds[index] ?? '') }))
}

/** Returns what tells the progress of a step by the lines that are printed, one a piece. */
export function progressOf(host: Pick<VoiceHost, 'progress'>, pieces: SpeakRequest['pieces']): () => void {
  let spoken = 0
  return () => {
    spoken += 1
    host.progress(spoken / (pieces.length + 1))
  }
}

/** Returns sounds in parts that are short enough, divided between words. */
function inParts(sounds: string): readonly string[] {
  const parts: string[] = []
  for (const word of sounds.split(' ')) {
    const last = parts.at(-1)
    if (last !== undefined && last.length + word.length < mostSounds) parts[parts.length - 1] = `${last} ${word}`
    else parts.push(word)
  }
  return parts
}
