import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many } from 'reprise'
import * as z from 'zod/mini'
import { audiblePart, readWav, wavFile } from '../media/wav.ts'
import { schema, type ValueOf } from '../schema/schema.ts'
import { speakByServer } from '../speech/voices/api-voice.ts'
import { describeVoice } from '../speech/voices/choose-voice.ts'
import { ownVoiceTools, speakByOwnVoice } from '../speech/voices/neural/own-voice.ts'
import { keyedSpeechServer, speechServerKey } from '../speech/voices/speech-service.ts'
import type { SpokenPiece, VoiceHost } from '../speech/voices/voice.ts'
import { apiVoiceParams, synthesizers, voiceParams } from '../speech/voices/voices.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs } from '../tools/ffmpeg.ts'
import { SceneTiming, Speech } from './script/scene.ts'

export const narrationRateHz = 48_000
/** Silence before the first word, so that a cut is seen before it is heard. */
const leadS = 0.35
/** Speech is brought to this level (RMS, of full scale) in every scene: voices differ. */
const speechLevel = 0.09
const fullScale = 32_768

type SceneSpeech = ValueOf<typeof Speech>

interface NarrationHost extends VoiceHost {
  readonly outputs: { readonly audio: string }
}

/** Speaks pieces into WAV files. */
type Speak = (pieces: readonly SpokenPiece[]) => Promise<void>

const description = 'Speaks a scene, and measures when each piece of it sounds'
const outputs = { audio: 'speech.wav', timing: json(SceneTiming) }

/** Speaks a scene. Each piece is synthesized on its own: when it sounds is measured, not guessed. */
export const narrate = defineStage({
  name: 'narrate',
  version: 1,
  description,
  inputs: { speech: json(Speech) },
  params: schema(() => z.object(voiceParams())),
  outputs,
  tools: [ffmpeg],
  toolsFor: ({ synthesizer }) => synthesizers[synthesizer].tools(),
  async run(context) {
    const { speech } = context.inputs
    const { synthesizer, language, speed } = context.params
    const voice: string | undefined = speech.voice ?? context.params.voice
    context.log(describeVoice({ synthesizer, ...(voice === undefined ? {} : { voice }) }, language))
    const timing = await narrated(context, speech, (pieces) =>
      synthesizers[synthesizer].speak(context, { pieces, voice, language, speed }),
    )
    return { timing }
  },
})

/** The same by a voice of the user's: its net and its config are inputs. */
export const narrateByOwnVoice = defineStage({
  name: 'narrate',
  version: 1,
  description,
  inputs: { speech: json(Speech), voice: many(file()) },
  params: schema(() => z.object({ speed: voiceParams().speed })),
  outputs,
  tools: [ffmpeg],
  toolsFor: ownVoiceTools,
  async run(context) {
    const { speech, voice } = context.inputs
    context.log(`voice: ${speech.voice ?? 'one'} of your own, by piper`)
    const timing = await narrated(context, speech, (pieces) =>
      speakByOwnVoice(context, voice, { pieces, speed: context.params.speed }),
    )
    return { timing }
  },
})

/** The same by a server: what it speaks is kept, so that it is asked once. */
export const narrateByServer = defineStage({
  name: 'narrate',
  version: 1,
  description,
  inputs: { speech: json(Speech) },
  params: schema(() => z.object(apiVoiceParams())),
  outputs,
  tools: [ffmpeg],
  services: { server: keyedSpeechServer, key: speechServerKey },
  resources: { pool: 'io' },
  deterministic: false,
  async run(context) {
    const { speech } = context.inputs
    const { speed } = context.params
    const voice: string = speech.voice ?? context.params.voice
    const { server } = context.services
    context.log(`voice: ${voice} of the speech server with ${server.model}`)
    const timing = await narrated(context, speech, (pieces) => speakByServer(context, server, { pieces, voice, speed }))
    return { timing }
  },
})

/** Speaks a scene, writes its sound, and returns when each piece sounds. */
async function narrated(host: NarrationHost, { pieces, tailS, leastS }: SceneSpeech, speak: Speak) {
  const { outputs, tempDir } = host
  const wanted = pieces.map(({ text }, index) => ({ text, wav: join(tempDir, `piece-${index}.wav`) }))
  if (wanted.length > 0) await speak(wanted)
  const sounds: { readonly samples: Int16Array; readonly pauseS: number }[] = []
  let rateHz = narrationRateHz
  for (const [index, { pauseS }] of pieces.entries()) {
    const sound = readWav(await readFile(wanted[index]?.wav ?? ''))
    if (sound === undefined)
      return host.fail('the synthesizer wrote no WAV file of 16 bits in one channel: is it a version that works?')
    rateHz = sound.sampleRateHz
    sounds.push({ samples: leveled(audiblePart(sound)), pauseS })
  }
  const timed: { text: string; startS: number; endS: number }[] = []
  const parts: Int16Array[] = [new Int16Array(Math.round(leadS * rateHz))]
  let at = parts[0]?.length ?? 0
  for (const [index, { samples, pauseS }] of sounds.entries()) {
    const silence = index === sounds.length - 1 ? tailS : pauseS
    parts.push(samples, new Int16Array(Math.round(silence * rateHz)))
    timed.push({ text: pieces[index]?.caption ?? '', startS: at / rateHz, endS: (at + samples.length) / rateHz })
    at += samples.length + Math.round(silence * rateHz)
  }
  const missing = Math.ceil(leastS * rateHz) - at
  if (missing > 0) {
    parts.push(new Int16Array(missing))
    at += missing
  }
  const whole = join(tempDir, 'whole.wav')
  await writeFile(whole, wavFile({ sampleRateHz: rateHz, samples: joined(parts, at) }))
  await host.exec(ffmpeg, resampleArgs(whole, outputs.audio))
  return { durationS: at / rateHz, pieces: timed }
}

function resampleArgs(from: string, to: string): string[] {
  return [
    ...globalArgs(),
    ...inputArgs(from, { format: 'wav' }),
    ...['-map_metadata', '-1', '-ac', '1', '-ar', String(narrationRateHz), '-c:a', 'pcm_s16le'],
    ...bitexactArgs(),
    ...['-f', 'wav', fileUrl(to)],
  ]
}

/** Returns speech at the usual level; what would clip is left lower. */
function leveled(samples: Int16Array): Int16Array {
  let sum = 0
  let loudest = 1
  for (const sample of samples) {
    sum += sample * sample
    loudest = Math.max(loudest, Math.abs(sample))
  }
  const level = Math.sqrt(sum / Math.max(1, samples.length)) / fullScale
  if (level === 0) return samples
  const gain = Math.min(speechLevel / level, (fullScale * 0.89) / loudest)
  return samples.map((sample) => Math.round(sample * gain))
}

function joined(parts: readonly Int16Array[], length: number): Int16Array {
  const whole = new Int16Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
