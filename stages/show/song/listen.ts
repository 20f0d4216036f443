import { join } from 'node:path'
import { defineStage, findInstalledModel, json } from 'reprise'
import * as z from 'zod/mini'
import { songRateHz } from '../../music/signal/spectrogram.ts'
import { described, schema } from '../../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../../tools/ffmpeg.ts'
import { weightsPlace, weightsTool } from '../../tools/model-tool.ts'
import { threadModule } from '../../tools/thread-module.ts'
import { DurationS } from '../lyrics/lyrics-schema.ts'
import { HeardBeats } from './analysis.ts'

const model = 'beatnet'
const nets = [1, 2, 3] as const

/** What finds beats: nets that have learned it and onsets, or onsets alone. */
const trackers = ['beatnet', 'onsets'] as const

/** Returns the param that says what finds beats. */
export function trackerChoiceParams() {
  return {
    tracker: described(
      z._default(z.enum(['auto', ...trackers]), 'auto'),
      "what finds beats: onsets, or also the nets of beatnet; auto takes beatnet if it's installed",
    ),
  }
}

/** Chooses what finds beats. */
export function chooseTracker(tracker: 'auto' | (typeof trackers)[number], find = findInstalledModel) {
  return { tracker: tracker === 'auto' ? (find(model)?.isInstalled === true ? model : 'onsets') : tracker } as const
}

/** Measures a song's sound, and finds its beats. */
export const listen = defineStage({
  name: 'listen',
  version: 1,
  description: "Measures a song's sound, and finds its beats and bars",
  inputs: { song: 'file', durationS: json(DurationS) },
  params: schema(() => z.object({ tracker: z.enum(trackers) })),
  outputs: { features: 'features.safetensors', heard: json(HeardBeats) },
  tools: [ffmpeg],
  toolsFor: ({ tracker }) => (tracker === 'beatnet' ? [weightsTool(weightsPlace(model))] : []),
  threads: {
    features: threadModule(new URL('./features-thread.ts', import.meta.url)),
    net: threadModule(new URL('./net-thread.ts', import.meta.url)),
    beats: threadModule(new URL('./beats-thread.ts', import.meta.url)),
  },
  async run(context) {
    const { inputs, params, outputs, tempDir, inThread, progress, log } = context
    if (params.tracker === 'onsets') log(`beats are found by onsets alone; nets help: reprise models install ${model}`)
    const samples = join(tempDir, 'song.f32')
    await runFfmpeg(context, decodeArgs(inputs.song, samples), { lengthS: inputs.durationS, to: 0.1 })
    const { features } = outputs
    await inThread('features', { samples, features })
    const { path: weights } = weightsPlace(model)
    const listening = params.tracker === 'beatnet' ? nets : []
    const activations = await Promise.all(listening.map((net) => inThread('net', { weights, net, features })))
    progress(0.9)
    return { heard: await checked(await inThread('beats', { features, activations })) }
  },
})

async function checked(value: unknown): Promise<HeardBeats> {
  const result = await HeardBeats['~standard'].validate(value)
  if (result.issues !== undefined) throw new TypeError(`the thread found something else than beats`)
  return result.value
}

function decodeArgs(song: string, samples: string): string[] {
  const sound = ['-map', '0:a:0', '-ac', '1', '-ar', String(songRateHz), '-c:a', 'pcm_f32le', '-f', 'f32le']
  return [...globalArgs(), ...inputArgs(song), ...sound, ...bitexactArgs(), fileUrl(samples)]
}
