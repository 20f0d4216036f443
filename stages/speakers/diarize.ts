import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { Transcript, type Word } from '../speech/transcript.ts'
import { findSamples, sampleRateHz } from '../speech/wav.ts'
import { modelArgs, modelPlace, modelTool } from '../tools/model-tool.ts'
import { threadModule } from '../tools/thread-module.ts'
import { phrasesOf, withSpeakers } from './phrases.ts'
import type { Turns, TurnsRequest } from './turns.ts'
import { voiceScript } from './voice-script.ts'

const framesPerS = 100
/** What the net hears at once, and how far apart that is. */
const heardFrames = 160
const stepFrames = 40

/** Returns the param that says how many people speak. */
export function speakersParam(text: string) {
  return described(z._default(z.string().check(z.regex(/^(none|auto|[1-9]|1\d|20)$/)), 'none'), text)
}

/** Returns where the net listens: every 0.4 s in which a word is said, in frames of 10 ms. */
export function listeningPlaces(words: readonly Pick<Word, 'startS' | 'endS'>[], samples: number): readonly number[] {
  const last = Math.max(0, Math.floor((samples * framesPerS) / sampleRateHz) - heardFrames)
  const places = new Set<number>()
  for (const { startS, endS } of words) {
    const from = Math.floor((startS * framesPerS) / stepFrames)
    for (let step = from; step * stepFrames <= endS * framesPerS; step += 1) places.add(step)
  }
  return [...places]
    .sort((one, other) => one - other)
    .map((step) => Math.min(last, Math.max(0, step * stepFrames + stepFrames / 2 - heardFrames / 2)))
}

/** Finds out who speaks, by how voices sound. */
export const diarize = defineStage({
  name: 'speakers',
  version: 1,
  description: 'Finds out who speaks when, by how voices sound, and cuts what was said where the speaker changes',
  inputs: { audio: file('audio.wav'), speech: json(Transcript) },
  params: schema(() => z.object({ speakers: speakersParam('how many people speak; auto: as many as are heard') })),
  outputs: { said: json(Transcript) },
  threads: { turns: threadModule(new URL('./turns-thread.ts', import.meta.url)) },
  toolsFor: () => [voices()],
  async run(context) {
    const { inputs, params, inThread, log, fail, tempDir } = context
    const { speech } = inputs
    const samples = await findSamples(inputs.audio)
    if (samples === undefined) return fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const phrases = phrasesOf(speech)
    const starts = listeningPlaces(phrases.flat(), samples.samples)
    if (starts.length === 0 || params.speakers === 'none') return { said: speech }
    const job = join(tempDir, 'voices.json')
    await writeFile(job, JSON.stringify({ ...samples, starts }))
    const directions: Float64Array[] = []
    const onStdoutLine = (line: string) => {
      directions.push(...readDirections(line))
      context.progress((0.8 * directions.length) / starts.length)
    }
    await context.exec(voices(), modelArgs(voiceScript, modelPlace('resemblyzer'), job), { onStdoutLine })
    const request: TurnsRequest = {
      voices: directions.map((direction, index) => ({
        atS: ((starts[index] ?? 0) + heardFrames / 2) / framesPerS,
        direction,
      })),
      speakers: params.speakers === 'auto' ? undefined : Number(params.speakers),
      phrases: phrases.map((words) => ({ startS: words[0].startS, endS: (words.at(-1) ?? words[0]).endS })),
    }
    const turns = (await inThread('turns', request)) as Turns
    const speakerOf = new Map(
      phrases.flatMap((words, index) => {
        const speaker = turns.phrases[index]?.speaker
        return speaker === undefined ? [] : words.map((word) => [word, String(speaker + 1)] as const)
      }),
    )
    log(`${turns.speakers} ${turns.speakers === 1 ? 'person speaks' : 'people speak'}`)
    return { said: { ...speech, utterances: withSpeakers(speech.utterances, speakerOf) } }
  },
})

function voices() {
  return modelTool('resemblyzer', modelPlace('resemblyzer'))
}

function readDirections(line: string): readonly Float64Array[] {
  const lists: unknown = JSON.parse(line)
  if (!Array.isArray(lists)) throw new TypeError('resemblyzer printed something else than lists of numbers')
  return lists.map((list: unknown) => Float64Array.from(Array.isArray(list) ? list : [], Number))
}
