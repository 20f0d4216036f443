import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many, optional } from 'reprise'
import * as z from 'zod/mini'
import { joinSound } from '../media/join-sound.ts'
import { limiterFilters } from '../media/limiter.ts'
import { described, schema, type ValueOf } from '../schema/schema.ts'
import { type SoundFile, soundHeaderBytes } from '../sound/sound-file.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../tools/ffmpeg.ts'
import { threadModule } from '../tools/thread-module.ts'
import { loudnessMeasures } from './film-report.ts'
import { narrationRateHz } from './narrate.ts'
import { sceneFrames } from './render.ts'
import { SceneTiming } from './script/scene.ts'
import type { MeasuredSound, MeasureRequest } from './threads/measure-thread.ts'

/** Returns the params of the sound of the finished film. */
export function soundParams() {
  return {
    loudnessLufs: described(
      z._default(z.number().check(z.gte(-40), z.lte(-8)), -16),
      'integrated loudness of the film, in LUFS: -16 for the web, -23 for broadcast (EBU R 128)',
    ),
    truePeakDb: described(z._default(z.number().check(z.gte(-9), z.lte(0)), -1), 'highest true peak, in dBTP'),
  }
}

/** What was measured of the sound track as it was encoded. */
export const SoundMeasures = schema(() =>
  z.object({
    loudness: loudnessMeasures(),
    scenes: z.array(
      z.object({
        /** Null for silence. */
        loudnessLufs: z.nullable(z.number()),
        /** How much later than it should the scene's first word sounds, in milliseconds; null where nothing is said. */
        lagMs: z.nullable(z.number()),
      }),
    ),
  }),
)
export type SoundMeasures = ValueOf<typeof SoundMeasures>

const rounds = 5
/** The same sound on two channels counts twice (ITU-R BS.1770). */
const stereoLu = 3.01
const toleranceLu = 0.1
/** An encoder changes peaks: so much is left for it, in dB. */
const encoderMarginDb = 0.6

/**
 * Encodes the sound of the film at a loudness: it is measured after encoding, and encoded again until it is right. Where the
 * peaks do not let it be as loud, they are limited. It needs no picture, so that it runs while scenes are drawn.
 */
export const encodeSound = defineStage({
  name: 'sound',
  version: 2,
  description: 'Joins what is said in the scenes, levels and encodes it, and measures the result',
  inputs: {
    speech: many(file()),
    timings: many(json(SceneTiming)),
    /** The voice with music under it. */
    mixed: optional(file()),
  },
  params: schema(() => z.object({ ...soundParams(), fps: z.int() })),
  outputs: { track: 'sound.m4a', measures: json(SoundMeasures) },
  tools: [ffmpeg],
  threads: { measure: threadModule(new URL('./threads/measure-thread.ts', import.meta.url)) },
  async run(context) {
    const { inputs, params, outputs, tempDir, progress, inThread, log } = context
    const { fps, loudnessLufs, truePeakDb } = params
    const { speech, timings, mixed } = inputs
    const frames = timings.map((timing) => sceneFrames(timing, fps))
    const wav = mixed ?? join(tempDir, 'speech.wav')
    if (mixed === undefined) await joinSound(context, { speech, frames, fps, rateHz: narrationRateHz, output: wav })
    const isStereo = mixed !== undefined
    const measure = async (request: MeasureRequest) => (await inThread('measure', request)) as MeasuredSound
    const source = await measure({ sound: await soundIn(wav, isStereo ? 2 : 1), ends: [], words: [] })
    progress(0.2)

    const starts = frames.map((_, index) => frames.slice(0, index).reduce((sum, count) => sum + count, 0) / fps)
    const ends = [...starts.slice(1), frames.reduce((sum, count) => sum + count, 0) / fps]
    const words = timings.map(({ pieces: [first] }, index) => {
      if (first === undefined) return undefined
      return { speech: speech[index] ?? '', fromS: first.startS, atS: (starts[index] ?? 0) + first.startS }
    })
    const decoded = join(tempDir, 'decoded.wav')
    const lengthS = ends.at(-1) ?? 0
    let gainDb = Number.isFinite(source.integratedLufs)
      ? loudnessLufs - source.integratedLufs - (isStereo ? 0 : stereoLu)
      : 0
    let ceilingDb = truePeakDb - encoderMarginDb
    for (let round = 1; ; round++) {
      const limited = source.truePeakDb + gainDb > ceilingDb
      const gain = { gainDb, ...(limited ? { ceilingDb } : {}) }
      await runFfmpeg(context, encodeArgs(wav, outputs.track, { isStereo, ...gain }), { lengthS, from: 0.2, to: 0.8 })
      await context.exec(ffmpeg, decodeArgs(outputs.track, decoded))
      const sound = await soundIn(decoded, 2)
      const made = await measure({ sound, ends: ends.map((endS) => Math.round(endS * narrationRateHz)), words })
      const missing = loudnessLufs - made.integratedLufs
      const over = made.truePeakDb - truePeakDb
      log(`${made.integratedLufs.toFixed(2)} LUFS, ${made.truePeakDb.toFixed(2)} dBTP${limited ? ', limited' : ''}`)
      const isRight = !Number.isFinite(made.integratedLufs) || (Math.abs(missing) <= toleranceLu && over <= 0)
      if (isRight || round === rounds) return { measures: told(made, { targetLufs: loudnessLufs, limited }) }
      gainDb += missing
      if (over > 0) ceilingDb -= over + 0.1
    }
  },
})

function told(
  { integratedLufs, truePeakDb, scenes }: MeasuredSound,
  how: { readonly targetLufs: number; readonly limited: boolean },
): SoundMeasures {
  return {
    loudness: { ...how, integratedLufs: hundredths(integratedLufs), truePeakDb: hundredths(truePeakDb) },
    scenes: scenes.map(({ loudnessLufs, lagMs = null }) => ({ loudnessLufs: hundredths(loudnessLufs), lagMs })),
  }
}

/** Returns a measure as it is reported; null for silence. */
function hundredths(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : null
}

/** Returns what a WAV file of 16 bits at the rate of the narration holds, by its length. */
async function soundIn(path: string, channels: number): Promise<SoundFile> {
  const { size } = await stat(path)
  const frames = Math.max(0, Math.floor((size - soundHeaderBytes) / (2 * channels)))
  return { path, channels, sampleRateHz: narrationRateHz, frames }
}

const codec = ['-c:a', 'aac', '-b:a', '192k', '-ar', String(narrationRateHz)]
/**
 * How a voice alone is encoded, the same on two channels: at this rate it is 6 dB nearer to the original than by the usual
 * coder, which weighs what is heard behind what, and takes a third of its time. Music is left to that one.
 */
const voiceCodec = ['-aac_coder', 'fast', '-aac_ms', '0']

function encodeArgs(
  wav: string,
  output: string,
  { isStereo, gainDb, ceilingDb }: { readonly isStereo: boolean; readonly gainDb: number; readonly ceilingDb?: number },
): string[] {
  const limiter = ceilingDb === undefined ? [] : limiterFilters(ceilingDb, narrationRateHz)
  const filters = [...(isStereo ? [] : ['pan=stereo|c0=c0|c1=c0']), `volume=${gainDb.toFixed(3)}dB`, ...limiter]
  return [
    ...globalArgs(),
    ...inputArgs(wav, { format: 'wav' }),
    ...['-af', filters.join(','), ...codec, ...(isStereo ? [] : voiceCodec), '-map_metadata', '-1'],
    ...bitexactArgs(),
    ...['-f', 'mp4', fileUrl(output)],
  ]
}

function decodeArgs(track: string, wav: string): string[] {
  return [
    ...globalArgs(),
    ...inputArgs(track),
    ...['-map', '0:a:0', '-af', 'aresample=async=1:first_pts=0', '-ac', '2', '-ar', String(narrationRateHz)],
    ...['-c:a', 'pcm_s16le', '-map_metadata', '-1', ...bitexactArgs(), '-f', 'wav', fileUrl(wav)],
  ]
}
