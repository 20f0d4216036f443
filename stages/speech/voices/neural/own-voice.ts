import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Tool } from 'reprise'
import * as z from 'zod/mini'
import { languageCode } from '../../../languages/languages.ts'
import { schema, type ValueOf, valueAs } from '../../../schema/schema.ts'
import { espeakNg } from '../../../tools/espeak-ng.ts'
import { modelPlace, runtimeArgs, runtimeTool } from '../../../tools/model-tool.ts'
import type { SpeakRequest, VoiceHost } from '../voice.ts'
import { progressOf, textsOf, wantedOf } from './neural-voice.ts'
import { plainSounds, soundsOf } from './sounds.ts'
import { voiceScript } from './voice-script.ts'

/** What stands beside the net of a voice of Piper, in `NAME.onnx.json`, as far as speaking needs it. */
const Config = schema(() =>
  z.object({
    audio: z.object({ sample_rate: z.int() }),
    espeak: z.object({ voice: z.string() }),
    phoneme_id_map: z.record(z.string(), z.array(z.int())),
    phoneme_type: z._default(z.string(), 'espeak'),
    num_speakers: z._default(z.int(), 1),
  }),
)
type Config = ValueOf<typeof Config>

/** A voice of Piper in a folder of the user's. */
export interface OwnVoice {
  /** The name of its net without the ending, such as `de_DE-thorsten-medium`. */
  readonly name: string
  /** Its net and its config, from the folder, with slashes. */
  readonly files: readonly [net: string, config: string]
  /** As the param `language` has it, such as `zh` for espeak-ng's `cmn`; undefined where the voice cannot be used. */
  readonly language?: string
  /** Why it cannot be used. */
  readonly problem?: string
}

/** What runs the voices of a user. */
export function ownVoiceTools(): readonly Tool[] {
  return [runtimeTool('piper', modelPlace('piper-joe')), espeakNg]
}

/** Returns the voices of Piper in a folder, as its downloads lie: `NAME.onnx` beside `NAME.onnx.json`. */
export async function readOwnVoices(folder: string): Promise<readonly OwnVoice[]> {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/')).sort()
  const voices: OwnVoice[] = []
  for (const net of paths.filter((path) => path.endsWith('.onnx'))) {
    const config = `${net}.json`
    const voice = { name: basename(net, '.onnx'), files: [net, config] as const }
    if (!paths.includes(config)) {
      voices.push({ ...voice, problem: `its config is missing: ${config}` })
      continue
    }
    const read = configIn(await readFile(join(folder, config), 'utf8'))
    voices.push(
      typeof read === 'string'
        ? { ...voice, problem: `${config} ${read}` }
        : { ...voice, language: languageCode(read.espeak.voice) ?? read.espeak.voice },
    )
  }
  return voices
}

/** Returns the config of a voice, or what is wrong with it. */
function configIn(text: string): Config | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'is not JSON'
  }
  const config = valueAs(Config, value)
  if (config === undefined) return 'is not the config of a voice of Piper'
  const { phoneme_type: type, phoneme_id_map: known } = config
  if (type !== 'espeak') return `has phonemes of '${type}', and only those of espeak are known`
  return known['^'] && known._ && known.$ ? config : 'has no numbers for ^, _ and $'
}

/** Speaks each piece with a voice of the user's. */
export async function speakByOwnVoice(
  host: VoiceHost,
  [net = '', config = '']: readonly string[],
  request: Pick<SpeakRequest, 'pieces' | 'speed'>,
): Promise<void> {
  const { pieces, speed } = request
  const read = configIn(await readFile(config, 'utf8'))
  if (typeof read === 'string') return host.fail(`the config of the voice ${read}`)
  const sounds = await soundsOf(host, textsOf(request), read.espeak.voice)
  const question = { kind: 'piper', net, speed, config: read, pieces: wantedOf(pieces, sounds.map(plainSounds)) }
  const [tool] = ownVoiceTools()
  if (tool === undefined) throw new TypeError('nothing runs a voice')
  await host.ask(tool, runtimeArgs(voiceScript, modelPlace('piper-joe')), question, {
    onStdoutLine: progressOf(host, pieces),
  })
}
