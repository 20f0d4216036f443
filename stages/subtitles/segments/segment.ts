import { copyFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { wavHeader } from '../../media/wav.ts'
import { described, schema } from '../../schema/schema.ts'
import { detectors } from '../../speech/choose-recognizer.ts'
import { momentsOf } from '../../speech/segments/moments.ts'
import { SegmentPlaces, segmentFile, wholeFile } from '../../speech/segments/places.ts'
import { isShort, segmentsOf } from '../../speech/segments/segments.ts'
import { findSamples, sampleRateHz } from '../../speech/wav.ts'
import { detectorTools } from '../../speech/whisper/presence.ts'

/** Cuts the sound of a film into files that are recognized by themselves. */
export const segment = defineStage({
  name: 'segment',
  version: 1,
  description: 'Cuts the sound at pauses into segments; a change in one place leaves the others as they were',
  inputs: { audio: file('audio.wav') },
  params: schema(() =>
    z.object({ detector: described(z._default(z.enum(detectors), 'level'), 'what finds where somebody speaks') }),
  ),
  outputs: { segments: 'segments/', places: json(SegmentPlaces) },
  toolsFor: ({ detector }) => detectorTools(detector),
  async run(context) {
    const { inputs, params, outputs } = context
    const sound = await findSamples(inputs.audio)
    if (sound === undefined) return context.fail('the audio is not a WAV file of 16 kHz, mono, 16 bits')
    if (isShort(sound.samples)) {
      const name = wholeFile
      await copyFile(inputs.audio, join(outputs.segments, name))
      return { places: [{ file: name, startS: 0, fromS: 0, toS: sound.samples / sampleRateHz }] }
    }
    const segments = segmentsOf(await momentsOf(context, sound, params.detector), sound.samples)
    const places: SegmentPlaces = []
    const audio = await open(inputs.audio)
    try {
      for (const { from, to, ownsFrom, ownsTo } of segments) {
        const startS = from / sampleRateHz
        const name = segmentFile(startS)
        const samples = Buffer.alloc(2 * (to - from))
        await audio.read(samples, 0, samples.length, sound.dataAt + 2 * from)
        const made = await open(join(outputs.segments, name), 'wx')
        try {
          await made.writev([wavHeader(sampleRateHz, to - from), samples])
        } finally {
          await made.close()
        }
        places.push({ file: name, startS, fromS: ownsFrom / sampleRateHz, toS: ownsTo / sampleRateHz })
      }
    } finally {
      await audio.close()
    }
    context.log(`${places.length} segments`)
    return { places }
  },
})
