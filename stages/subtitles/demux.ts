import { stat } from 'node:fs/promises'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { spokenLanguageParam, trackParams } from '../media/audio-track.ts'
import { clipParams, clipReach } from '../media/clip.ts'
import { filmLengthS, nothingDecoded, takeFilmSound } from '../media/film-sound.ts'
import { makeMono, sampleRateHz } from '../media/mono.ts'
import { schema } from '../schema/schema.ts'
import { AudioInfo } from '../speech/transcript.ts'
import { ffmpeg } from '../tools/ffmpeg.ts'
import { ffprobe, probed } from '../tools/ffprobe.ts'

const bytesPerSample = 2
/** The header that ffmpeg writes when it is bitexact. */
const wavHeaderBytes = 44
/** How far the sound may be shorter or longer than the film. */
const toleranceS = 0.05

/** Takes the sound out of a film. Nothing of the film's metadata is in its outputs. */
export const demux = defineStage({
  name: 'demux',
  version: 3,
  description: 'Takes the sound out of a film, as the WAV file that recognizers take',
  inputs: { video: 'file' },
  params: schema(() => z.object({ ...clipParams(), ...trackParams(), ...spokenLanguageParam() })),
  outputs: { audio: 'audio.wav', info: json(AudioInfo) },
  tools: [ffmpeg, ffprobe],
  contracts: [
    {
      name: "sound as long as the film's own time line",
      async check({ inputs, params, outputs, tempDir, exec }) {
        const media = await probed({ exec }, inputs.video)
        const reach = clipReach(params, media ?? { format: '' })
        const filmS = await filmLengthS({ exec }, tempDir, reach)
        const soundS = await wavLengthS(outputs.audio)
        if (Math.abs(soundS - filmS) <= toleranceS) return undefined
        const [expected, found] = [`${filmS.toFixed(3)} s`, `${soundS.toFixed(3)} s`]
        return [{ message: "the sound is not as long as the film's own time line", expected, found }]
      },
    },
  ],
  async run(context) {
    const sound = await takeFilmSound(context, sampleRateHz)
    if (!(await makeMono(context, { ...sound, output: context.outputs.audio }))) context.fail(nothingDecoded)
    return { info: { durationS: await wavLengthS(context.outputs.audio) } }
  },
})

async function wavLengthS(path: string): Promise<number> {
  const { size } = await stat(path)
  return Math.max(0, size - wavHeaderBytes) / (sampleRateHz * bytesPerSample)
}
