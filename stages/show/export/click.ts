import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { lastsAsLong } from '../../contracts/lasts-as-long.ts'
import { described, schema } from '../../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../../tools/ffmpeg.ts'
import { ffprobe } from '../../tools/ffprobe.ts'
import { Analysis } from '../song/analysis.ts'

/** Returns the param of the click track. */
export function clickParams() {
  return {
    clickDb: described(
      z._default(z.number().check(z.gte(-40), z.lte(0)), -6),
      'how loud the clicks are in the click track, in dBFS',
    ),
  }
}

const rateHz = 44_100
const clickS = 0.03
/** The first beat of a bar is an octave higher. */
const pitchHz = { first: 1760, other: 880 }
/** How much quieter the song is than by itself, so that nothing clips. */
const songDb = -6

/** Mixes a click for each beat into the song, so that one hears whether the beats are right. */
export const click = defineStage({
  name: 'click',
  version: 1,
  description: 'Mixes a click for each beat into the song, a higher one for the first of each bar',
  inputs: { song: 'file', analysis: json(Analysis) },
  params: schema(() => z.object(clickParams())),
  outputs: { click: 'click.m4a' },
  tools: [ffmpeg, ffprobe],
  contracts: [lastsAsLong<'song', 'click'>({ output: 'click', input: 'song', toleranceS: 0.25 })],
  async run(context) {
    const { inputs, params, outputs, tempDir } = context
    const { beats, durationS } = inputs.analysis
    const clicks = join(tempDir, 'clicks.s16')
    await writeFile(clicks, clickSamples(beats, durationS, params.clickDb))
    const raw = ['-f', 's16le', '-ar', String(rateHz), '-ac', '1', '-i', fileUrl(clicks)]
    const mixed = `[0:a:0]aformat=sample_rates=${rateHz}:channel_layouts=stereo,volume=${songDb}dB[song];[1:a]aformat=channel_layouts=stereo[clicks];[song][clicks]amix=inputs=2:duration=first:normalize=0,alimiter=limit=0.95:level=false[out]`
    await runFfmpeg(
      context,
      [
        ...globalArgs(),
        ...inputArgs(inputs.song),
        ...raw,
        ...['-filter_complex', mixed, '-map', '[out]', '-map_metadata', '-1', '-c:a', 'aac', '-b:a', '160k'],
        ...bitexactArgs(),
        ...['-f', 'mp4', fileUrl(outputs.click)],
      ],
      { lengthS: durationS },
    )
  },
})

/** Returns a click for each beat, as samples of 16 bits. */
export function clickSamples(
  beats: readonly { readonly atS: number; readonly position: number }[],
  durationS: number,
  db: number,
): Uint8Array {
  const samples = new Int16Array(Math.ceil(durationS * rateHz))
  const loudest = 32767 * 10 ** (db / 20)
  for (const { atS, position } of beats) {
    const from = Math.round(atS * rateHz)
    const hz = position === 1 ? pitchHz.first : pitchHz.other
    for (let at = 0; at < clickS * rateHz && from + at < samples.length; at++) {
      const fading = Math.exp((-6 * at) / (clickS * rateHz))
      samples[from + at] = Math.round(loudest * fading * Math.sin((2 * Math.PI * hz * at) / rateHz))
    }
  }
  return new Uint8Array(samples.buffer)
}
