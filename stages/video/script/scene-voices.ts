import { distance } from 'fastest-levenshtein'
import type { ChosenVoice } from '../../speech/voices/choose-voice.ts'
import { isVoiceOfEspeak, knownVoices } from '../../speech/voices/known-voices.ts'
import { type OwnVoice, readOwnVoices } from '../../speech/voices/neural/own-voice.ts'
import type { VoiceHost } from '../../speech/voices/voice.ts'
import { isAccent } from '../../speech/voices/voice-names.ts'
import type { Script } from './scene.ts'

/** What decides who speaks where. */
export interface VoiceWishes {
  readonly synthesizer: ChosenVoice['synthesizer']
  /** What the user asked for: a voice, or `auto`. */
  readonly voice: string
  readonly language: string
  /** A folder with voices of Piper. */
  readonly folder: string | undefined
}

/** How many voices a message lists. */
const listed = 12

/**
 * Returns for each scene the files of its voice, where the voices are the user's own; nothing for all others. A voice that
 * nobody has fails the step before anything is spoken.
 */
export async function sceneVoices(
  host: Pick<VoiceHost, 'exec' | 'fail'>,
  script: Script,
  wishes: VoiceWishes,
): Promise<readonly (readonly string[])[]> {
  const { synthesizer, language } = wishes
  if (synthesizer === 'own') return ownVoicesOf(host, script, wishes)
  const usual = wishes.voice === 'auto' ? undefined : wishes.voice
  const isAsked = usual !== undefined || script.scenes.some(({ speech }) => speech.voice !== undefined)
  const known = isAsked ? await knownVoices(host, synthesizer, language) : undefined
  const isKnown = async (voice: string) =>
    known === undefined ||
    known.includes(plain(voice)) ||
    isAccent(voice, synthesizer, language) ||
    (synthesizer === 'espeak-ng' && (await isVoiceOfEspeak(host, voice)))
  if (usual !== undefined && !(await isKnown(usual)))
    unknownVoice(host, { script, voice: usual, wishes, known: known ?? [] })
  for (const [index, { speech }] of script.scenes.entries()) {
    const { voice } = speech
    if (voice === undefined || (await isKnown(voice))) continue
    unknownVoice(host, { script, index, voice, wishes, known: known ?? [] })
  }
  return []
}

async function ownVoicesOf(
  host: Pick<VoiceHost, 'fail'>,
  script: Script,
  wishes: VoiceWishes,
): Promise<readonly (readonly string[])[]> {
  const { folder, voice, language } = wishes
  if (folder === undefined)
    return host.fail(
      'voices of your own are in a folder: pass it as --input voices=DIR, or choose another with -p voice',
    )
  const own = await readOwnVoices(folder)
  if (own.length === 0)
    return host.fail("the input 'voices' has no voice of Piper: a file NAME.onnx, with NAME.onnx.json beside it")
  const usual = voice === 'auto' || voice === 'own' ? undefined : voice
  return script.scenes.map(({ speech }, index) => {
    const asked = speech.voice ?? usual
    const found =
      asked === undefined
        ? (own.find((one) => one.language === language) ?? own.find(({ problem }) => problem !== undefined))
        : own.find(isCalled(asked))
    if (found?.problem !== undefined) return host.fail(`the voice '${found.name}' cannot be used: ${found.problem}`)
    if (found !== undefined) return found.files
    const known = own.map(({ name }) => name)
    if (asked !== undefined) return unknownVoice(host, { script, index, voice: asked, wishes, known })
    const others = own.map(({ name, language: its = '' }) => `${name} (${its})`).join(', ')
    return host.fail(
      `no voice of the input 'voices' speaks ${language}: it has ${others}; choose one with -p voice=NAME`,
    )
  })
}

interface Unknown {
  readonly script: Script
  /** The scene that asks for it; without one, the params do. */
  readonly index?: number
  readonly voice: string
  readonly wishes: VoiceWishes
  readonly known: readonly string[]
}

function unknownVoice(
  host: Pick<VoiceHost, 'fail'>,
  { script: { places, roles = [] }, index, voice, wishes: { synthesizer, language }, known }: Unknown,
): never {
  const line = index === undefined ? null : (places[index] ?? null)
  const place = index === undefined ? '' : `scene ${index + 1}${line === null ? '' : ` (line ${line})`}: `
  const near = nearest(voice, [...roles, ...known])
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  // Of a hundred languages, the voices of the one that is spoken are of use.
  const own = known.filter((name) => name === language || name.startsWith(`${language}-`))
  const useful = synthesizer === 'espeak-ng' && own.length > 0 ? own : known
  const some = useful.length > listed ? [...useful.slice(0, listed), '...'] : useful
  const who = synthesizer === 'own' ? "the input 'voices' has" : `${synthesizer} has for ${language}`
  return host.fail(`${place}there is no voice '${voice}'${hint} (${who}: ${some.join(', ') || 'none'})`)
}

/** A voice may be named as its file is. */
function isCalled(asked: string) {
  return ({ name }: OwnVoice) => name === asked || `${name}.onnx` === asked
}

/** Returns a voice of espeak-ng without its variant: `en-gb+f3`. */
function plain(voice: string): string {
  return voice.replace(/\+\w+$/, '')
}

function nearest(asked: string, names: readonly string[]): string | undefined {
  const ranked = names.map((name) => ({ name, far: distance(asked.toLowerCase(), name.toLowerCase()) }))
  const [best] = ranked.sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= Math.max(2, asked.length / 3) ? best.name : undefined
}
