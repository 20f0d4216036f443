import { join } from 'node:path'
import { defineStage } from 'reprise'
import * as z from 'zod/mini'
import { spokenLanguageParam, trackParams } from '../media/audio-track.ts'
import { clipParams } from '../media/clip.ts'
import { nothingDecoded, takeFilmSound } from '../media/film-sound.ts'
import { sampleRateHz, stereoArgs } from '../media/mono.ts'
import { schema } from '../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, secondsArg } from '../tools/ffmpeg.ts'
import { ffprobe, probed } from '../tools/ffprobe.ts'
import { separateParams, separators } from './separators.ts'

/** What separators have learned from. */
const rateHz = 44_100
/** How far what is separated may be shorter or longer than the sound. */
const toleranceS = 0.05

/** Returns ffmpeg's arguments that make of a WAV file the one that recognizers take, and one without loss for people. */
export function voicesArgs(voices: string, lengthS: number, audio: string, flac: string): string[] {
  const whole = `apad=whole_dur=${secondsArg(lengthS)},atrim=end=${secondsArg(lengthS)}`
  return [
    ...globalArgs(),
    ...inputArgs(voices, { format: 'wav' }),
    ...['-map', '0:a', '-map_metadata', '-1', '-af', `pan=mono|c0=0.5*c0+0.5*c1,aresample=${sampleRateHz},${whole}`],
    ...['-ar', String(sampleRateHz), '-c:a', 'pcm_s16le', ...bitexactArgs(), '-f', 'wav', fileUrl(audio)],
    ...flacArgs(flac, lengthS),
  ]
}

/** Demucs may leave the last hundredths of a second out. */
function flacArgs(path: string, lengthS: number): string[] {
  const whole = `apad=whole_dur=${secondsArg(lengthS)},atrim=end=${secondsArg(lengthS)}`
  const form = ['-sample_fmt', 's16', '-c:a', 'flac', '-compression_level', '5']
  return ['-map', '0:a', '-map_metadata', '-1', '-af', whole, ...form, ...bitexactArgs(), '-f', 'flac', fileUrl(path)]
}

/** Separates the voices of a film from the rest of its sound. */
export const separate = defineStage({
  name: 'separate',
  version: 2,
  description: 'Separates the voices of a film from music and noise: by demucs, by Spleeter, or by signal processing',
  inputs: { video: 'file' },
  params: schema(() => z.object({ ...separateParams(), ...clipParams(), ...trackParams(), ...spokenLanguageParam() })),
  outputs: { audio: 'audio.wav', voices: 'voices.flac', rest: 'rest.flac' },
  tools: [ffmpeg, ffprobe],
  toolsFor: ({ separator, ...params }) => separators[separator].tools(settingsOf(params)),
  devices: ['cpu', 'cuda', 'mps'],
  // Demucs alone uses the device; a shorter segment needs less of its memory, and the processor has more.
  onOutOfMemory: [
    { params: { demucsSegmentS: 5 } },
    { params: { demucsSegmentS: 2 } },
    { params: { demucsSegmentS: 5 }, device: 'cpu' },
  ],
  contracts: [
    {
      name: 'voices and rest as long as the sound',
      async check({ outputs, exec }) {
        const [audio, voices, rest] = [
          await probed({ exec }, outputs.audio),
          await probed({ exec }, outputs.voices),
          await probed({ exec }, outputs.rest),
        ]
        const soundS = audio?.durationS ?? 0
        return [voices, rest].flatMap((media, index) => {
          const lengthS = media?.durationS ?? 0
          if (soundS > 0 && Math.abs(lengthS - soundS) <= toleranceS) return []
          const message = `the ${index === 0 ? 'voices are' : 'rest is'} not as long as the sound`
          return [{ message, expected: `${soundS.toFixed(3)} s`, found: `${lengthS.toFixed(3)} s` }]
        })
      },
    },
  ],
  async run(context) {
    const { params, outputs, tempDir, device, log } = context
    const film = await takeFilmSound(context, rateHz)
    const lengthS = film.endS - film.startS
    const [sound, voices, rest] = ['sound.wav', 'voices.wav', 'rest.wav'].map((name) => join(tempDir, name))
    if (sound === undefined || voices === undefined || rest === undefined) throw new TypeError('three names')
    await context.exec(ffmpeg, stereoArgs({ ...film, output: sound }, rateHz))
    if ((await probed(context, sound)) === undefined) context.fail(nothingDecoded)
    const settings = settingsOf(params)
    log(`separated by ${params.separator}${params.separator === 'demucs' ? ` ${settings.model}, on ${device}` : ''}`)
    const request = { sound, lengthS, voices, rest, device, settings }
    await separators[params.separator].separate(context, request)
    await context.exec(ffmpeg, voicesArgs(voices, lengthS, outputs.audio, outputs.voices))
    await context.exec(ffmpeg, [
      ...globalArgs(),
      ...inputArgs(rest, { format: 'wav' }),
      ...flacArgs(outputs.rest, lengthS),
    ])
  },
})

interface DemucsParams {
  readonly demucsModel: string
  readonly demucsShifts: number
  readonly demucsSeed: number
  readonly demucsSegmentS?: number | undefined
}

function settingsOf({ demucsModel, demucsShifts, demucsSeed, demucsSegmentS }: DemucsParams) {
  return { model: demucsModel, shifts: demucsShifts, seed: demucsSeed, segmentS: demucsSegmentS }
}
