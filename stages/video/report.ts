import { readFile, writeFile } from 'node:fs/promises'
import { defineStage, file, json, many } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { FilmReport, FilmTiming } from './film-report.ts'
import { filmPage, type SceneRow } from './report-page.ts'
import { Script } from './script/scene.ts'
import { ValidationReport } from './script/validate.ts'
import { SoundMeasures } from './sound.ts'

/** Writes what was measured of a film as a page: the scenes with their times, loudness and sync. */
export const reportFilm = defineStage({
  name: 'report',
  version: 2,
  description: 'Writes what was measured of the film as one page: each scene with its times, loudness and sync',
  inputs: {
    script: json(Script),
    timing: json(FilmTiming),
    measures: json(FilmReport),
    sound: json(SoundMeasures),
    validation: json(ValidationReport),
    /** The scenes as small pictures. */
    stills: many(file()),
  },
  params: schema(() => z.object({ voice: z.string() })),
  outputs: { report: 'report.html' },
  async run({ inputs, params, outputs }) {
    const { timing, measures, sound, validation, script, stills } = inputs
    const scenes = await Promise.all(
      timing.scenes.map(async ({ title, startS, endS, pieces }, index): Promise<SceneRow> => {
        const still = stills[index]
        return {
          title,
          startS,
          endS,
          estimatedS: validation.scenes[index]?.estimatedS ?? 0,
          loudnessLufs: sound.scenes[index]?.loudnessLufs ?? undefined,
          syncMs: measures.syncMs[index] ?? null,
          said: pieces.map(({ text }) => text),
          thumbnail: still === undefined ? '' : (await readFile(still)).toString('base64'),
        }
      }),
    )
    const title = script.title ?? timing.scenes[0]?.title ?? 'Untitled'
    const { warnings } = validation
    await writeFile(
      outputs.report,
      filmPage({ title, voice: params.voice, report: measures, timing, warnings, scenes }),
    )
  },
})
