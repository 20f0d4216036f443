import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { findSamples, sampleRateHz } from '../speech/wav.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs } from '../tools/ffmpeg.ts'
import { weightsPlace, weightsTool } from '../tools/model-tool.ts'
import { rnnoiseScript } from './rnnoise-script.ts'

const model = 'rnnoise'
/** The only rate that the net knows. */
const netRateHz = 48_000

/** What takes noise out of a sound. */
export const denoisers = [model] as const

/** Returns the param by which a user chooses whether noise is taken out. */
export function denoiseParam() {
  return {
    denoise: described(
      z._default(z.enum(['none', ...denoisers]), 'none'),
      'takes noise out of the sound before it is recognized, by a neural net',
    ),
  }
}

/** Returns ffmpeg's arguments that make a WAV file of what the net wrote, of so many samples. */
export function denoisedArgs(raw: string, samples: number, output: string): string[] {
  const whole = `aresample=${sampleRateHz},apad=whole_len=${samples},atrim=end_sample=${samples}`
  return [
    ...globalArgs(),
    ...['-ar', String(netRateHz), '-ac', '1', ...inputArgs(raw, { format: 's16le' }), '-af', whole],
    ...['-c:a', 'pcm_s16le', ...bitexactArgs(), '-f', 'wav', fileUrl(output)],
  ]
}

/** Takes noise out of what recognizers hear, with the net of RNNoise (Valin 2018). */
export const denoise = defineStage({
  name: 'denoise',
  version: 1,
  description: 'Takes noise out of the sound, by the net of RNNoise',
  inputs: { audio: file('audio.wav') },
  params: schema(() => z.object({ denoiser: described(z.enum(denoisers), 'the net that takes noise out') })),
  outputs: { quiet: 'audio.wav' },
  tools: [ffmpeg],
  toolsFor: ({ denoiser }) => [weightsTool(weightsPlace(denoiser))],
  contracts: [
    {
      name: 'as long as before',
      async check({ inputs, outputs }) {
        const [before, after] = [await findSamples(inputs.audio), await findSamples(outputs.quiet)]
        if (before !== undefined && before.samples === after?.samples) return undefined
        const [expected, found] = [`${before?.samples} samples`, `${after?.samples ?? 0} samples`]
        return [{ message: 'the sound without noise is not as long as the sound', expected, found }]
      },
    },
  ],
  async run(context) {
    const { inputs, params, outputs, tempDir } = context
    const sound = await findSamples(inputs.audio)
    if (sound === undefined) return context.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    const [noisy, quiet] = [join(tempDir, 'noisy.raw'), join(tempDir, 'quiet.raw')]
    const raw = ['-ar', String(netRateHz), '-ac', '1', '-f', 's16le', fileUrl(noisy)]
    await context.exec(ffmpeg, [...globalArgs(), ...inputArgs(inputs.audio, { format: 'wav' }), ...raw])
    const { size } = await stat(noisy)
    const onStdoutLine = (line: string) => context.progress(0.1 + (0.8 * Number(line)) / Math.max(1, size))
    const place = weightsPlace(params.denoiser)
    const args = ['-e', rnnoiseScript, '--', place.path, noisy, quiet]
    await context.exec(weightsTool(place), args, { onStdoutLine })
    await context.exec(ffmpeg, denoisedArgs(quiet, sound.samples, outputs.quiet))
  },
})
