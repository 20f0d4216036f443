import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { LoudnessMeter } from '../sound/loudness-meter.ts'
import { readBlocks, soundHeaderBytes } from '../sound/sound-file.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, type ToolHost } from '../tools/ffmpeg.ts'
import { FilmReport, FilmTiming } from './film-report.ts'
import { filmPage, type SceneRow } from './report-page.ts'
import { Script } from './script/scene.ts'
import { ValidationReport } from './script/validate.ts'

const rateHz = 48_000
const thumbnailWidth = 320

/** Writes what was measured of a film as a page: the scenes with their times, loudness and sync. */
export const reportFilm = defineStage({
  name: 'report',
  version: 1,
  description: 'Writes what was measured of the film as one page: each scene with its times, loudness and sync',
  inputs: {
    film: file(),
    script: json(Script),
    timing: json(FilmTiming),
    measures: json(FilmReport),
    validation: json(ValidationReport),
    stills: many(file()),
  },
  params: schema(() => z.object({ voice: z.string() })),
  outputs: { report: 'report.html' },
  tools: [ffmpeg],
  async run(context) {
    const { inputs, params, outputs, tempDir, progress } = context
    const { timing, measures, validation, script } = inputs
    const sound = join(tempDir, 'sound.wav')
    const decode = ['-map', '0:a:0', '-ac', '2', '-ar', String(rateHz), '-c:a', 'pcm_s16le', ...bitexactArgs()]
    await context.exec(ffmpeg, [...globalArgs(), ...inputArgs(inputs.film), ...decode, '-f', 'wav', fileUrl(sound)])
    const { size } = await stat(sound)
    const frames = Math.floor((size - soundHeaderBytes) / 4)
    const scenes: SceneRow[] = []
    for (const [index, { title, startS, endS, pieces }] of timing.scenes.entries()) {
      const [from, to] = [startS, endS].map((atS) => Math.round(atS * rateHz))
      const meter = new LoudnessMeter(rateHz, 2)
      const part = { from: from ?? 0, count: (to ?? 0) - (from ?? 0) }
      for (const block of readBlocks({ path: sound, channels: 2, sampleRateHz: rateHz, frames }, part)) meter.add(block)
      const loudness = meter.integratedLufs
      scenes.push({
        title,
        startS,
        endS,
        estimatedS: validation.scenes[index]?.estimatedS ?? 0,
        loudnessLufs: Number.isFinite(loudness) ? loudness : undefined,
        syncMs: measures.syncMs[index] ?? null,
        said: pieces.map(({ text }) => text),
        thumbnail: await thumbnailOf(context, inputs.stills[index]),
      })
      progress((index + 1) / (timing.scenes.length + 1))
    }
    const title = script.title ?? timing.scenes[0]?.title ?? 'Untitled'
    const { warnings } = validation
    await writeFile(
      outputs.report,
      filmPage({ title, voice: params.voice, report: measures, timing, warnings, scenes }),
    )
  },
})

async function thumbnailOf(host: Pick<ToolHost, 'exec' | 'tempDir'>, still: string | undefined): Promise<string> {
  if (still === undefined) return ''
  const small = join(host.tempDir, 'small.png')
  const read = ['-protocol_whitelist', 'file', '-f', 'png_pipe', '-i', fileUrl(still)]
  const scale = ['-vf', `scale=${thumbnailWidth}:-2:flags=lanczos`, '-frames:v', '1', '-pix_fmt', 'rgb24']
  await host.exec(ffmpeg, [
    ...globalArgs(),
    ...read,
    ...scale,
    ...bitexactArgs(),
    '-f',
    'image2',
    '-update',
    '1',
    fileUrl(small),
  ])
  return (await readFile(small)).toString('base64')
}
