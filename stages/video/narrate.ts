import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { audiblePart, readWav, wavFile } from '../media/wav.ts'
import { schema } from '../schema/schema.ts'
import { synthesizers, voiceParams } from '../speech/voices.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs } from '../tools/ffmpeg.ts'
import { SceneTiming, Speech } from './scene.ts'

export const narrationRateHz = 48_000
/** Silence before the first word, so that a cut is seen before it is heard. */
const leadS = 0.35
/** Speech is brought to this level (RMS, of full scale) in every scene: voices differ. */
const speechLevel = 0.09
const fullScale = 32_768

/** Speaks a scene. Each piece is synthesized on its own: when it sounds is measured, not guessed. */
export const narrate = defineStage({
  name: 'narrate',
  version: 1,
  description: 'Speaks a scene, and measures when each piece of it sounds',
  inputs: { speech: json(Speech) },
  params: schema(() => z.object(voiceParams())),
  outputs: { audio: 'speech.wav', timing: json(SceneTiming) },
  tools: [ffmpeg],
  toolsFor: ({ synthesizer }) => synthesizers[synthesizer].tools,
  async run(context) {
    const { inputs, params, outputs, tempDir, progress } = context
    const { pieces, tailS, leastS } = inputs.speech
    const { synthesizer, language, speed } = params
    const voice: string | undefined = inputs.speech.voice ?? params.voice
    const speaker = synthesizers[synthesizer]
    if (speaker.languages !== undefined && !speaker.languages.includes(language)) {
      context.fail(
        `${synthesizer} does not speak '${language}'; it speaks: ${speaker.languages.join(', ')}: choose -p synthesizer=espeak-ng`,
      )
    }
    const sounds: { readonly samples: Int16Array; readonly pauseS: number }[] = []
    let rateHz = narrationRateHz
    for (const [index, { text, pauseS }] of pieces.entries()) {
      const wav = join(tempDir, 'piece.wav')
      await speaker.speak(context, { text, voice, language, speed, wav })
      const sound = readWav(await readFile(wav))
      if (sound === undefined)
        return context.fail(`${synthesizer} wrote no WAV file of 16 bits in one channel: is it a version that works?`)
      rateHz = sound.sampleRateHz
      sounds.push({ samples: leveled(audiblePart(sound)), pauseS })
      progress((index + 1) / (pieces.length + 1))
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
    await context.exec(ffmpeg, resampleArgs(whole, outputs.audio))
    return { timing: { durationS: at / rateHz, pieces: timed } }
  },
})

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
