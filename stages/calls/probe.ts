import { writeFile } from 'node:fs/promises'
import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { ffmpeg } from '../tools/ffmpeg.ts'
import { ffprobe } from '../tools/ffprobe.ts'
import { decode } from './decode.ts'
import { Recording } from './results/recording.ts'

/** Returns the param that decides what a broken recording does. */
export function brokenParam() {
  return described(
    z._default(z.enum(['pass', 'fail']), 'pass'),
    'a recording that cannot be read is passed over and named in the report, or fails the run',
  )
}

/** Reads one recording. */
export const probe = defineStage({
  name: 'probe',
  version: 2,
  description: 'Reads a recording: mends its head, decodes its sound, or says why it is broken',
  inputs: { recording: 'file', extension: json<string>() },
  params: schema(() => z.object({ onBroken: brokenParam() })),
  outputs: { recording: json(Recording), sound: file('sound.wav', { mayBeEmpty: true }) },
  tools: [ffmpeg, ffprobe],
  async run(context) {
    const { inputs, params, outputs, log, fail } = context
    const made = await decode(context, { path: inputs.recording, extension: inputs.extension, output: outputs.sound })
    if (!('problem' in made)) {
      for (const line of made.mended) log(`mended: ${line}`)
      return { recording: made }
    }
    const { problem = '' } = made
    if (params.onBroken === 'fail') fail(`the recording is broken: ${problem}`)
    log(`passed over: ${problem}`)
    await writeFile(outputs.sound, '')
    const nothing = { sampleRateHz: 0, channels: 0, frames: 0 }
    const unknown = { container: '', codec: '', sampleRateHz: 0, channels: 0, durationS: 0 }
    return { recording: { problem, ...unknown, sound: nothing, mended: [] } }
  },
})
