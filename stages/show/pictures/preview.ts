import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { bitexactArgs, ffmpeg, fileUrl, globalArgs, inputArgs, runFfmpeg } from '../../tools/ffmpeg.ts'
import { DurationS, Lyrics, Tags } from '../lyrics/lyrics-schema.ts'
import { Macro, ShowPlan } from '../plan/show-plan.ts'
import { Analysis } from '../song/analysis.ts'
import { readPeaks } from '../song/features.ts'
import { titleOf } from './plots.ts'
import { previewPage } from './preview-page.ts'

const songFile = 'song.m4a'

/** Encodes the song so that every browser plays it. */
export const previewSong = defineStage({
  name: 'song',
  version: 1,
  description: 'Encodes the song so that every browser plays it',
  inputs: { song: 'file', durationS: json(DurationS) },
  params: schema(() => z.object({})),
  outputs: { playable: songFile },
  tools: [ffmpeg],
  async run(context) {
    const sound = ['-map', '0:a:0', '-map_metadata', '-1', '-ac', '2', '-c:a', 'aac', '-b:a', '160k']
    const args = [...globalArgs(), ...inputArgs(context.inputs.song), ...sound, ...bitexactArgs()]
    const file = ['-movflags', '+faststart', '-f', 'mp4', fileUrl(context.outputs.playable)]
    await runFfmpeg(context, [...args, ...file], { lengthS: context.inputs.durationS })
  },
})

/** Makes a page that plays the song with the plan. */
export const preview = defineStage({
  name: 'preview',
  version: 2,
  description: 'Makes a page that plays the song with the plan, for a browser, without a network',
  inputs: {
    playable: 'file',
    features: 'file',
    analysis: json(Analysis),
    tags: json(Tags),
    lyrics: optional(json(Lyrics)),
    macro: json(Macro),
    plan: json(ShowPlan),
  },
  params: schema(() => z.object({})),
  outputs: { preview: 'preview/' },
  async run({ inputs, outputs }) {
    const { playable, features, analysis, tags, lyrics, macro, plan } = inputs
    const title = titleOf(tags)
    const peaks = await readPeaks(features)
    const page = previewPage({ title, plan, macro, analysis, lyrics, peaks, song: songFile })
    await writeFile(join(outputs.preview, 'index.html'), page)
    await copyFile(playable, join(outputs.preview, songFile))
  },
})
