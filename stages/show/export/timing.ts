import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { described, type Schema, schema } from '../../schema/schema.ts'
import { Lyrics } from '../lyrics/lyrics-schema.ts'
import { Layout } from '../plan/layout.ts'
import { ShowPlan } from '../plan/show-plan.ts'
import { Analysis } from '../song/analysis.ts'
import { frameParams } from './frame-params.ts'
import { formatCsv, formatLrc, labelFiles } from './labels.ts'
import { formatTempoMap } from './midi.ts'
import { timingTracks } from './tracks.ts'
import { formatXtiming } from './xtiming.ts'

/** Returns the param of the labels in timing tracks. */
export function asciiParams() {
  return {
    ascii: described(
      z._default(z.boolean(), false),
      "writes labels of timing tracks in ASCII: xLights' own export drops other letters",
    ),
  }
}

/** Writes timing tracks for xLights, and the same marks for other programs. */
export const timing = defineStage({
  name: 'timing',
  version: 2,
  description: 'Writes timing tracks for xLights, and the marks as Audacity labels, CSV, MIDI tempo map and LRC',
  inputs: { analysis: json(Analysis), lyrics: optional(json(Lyrics)), layout: json(Layout) },
  params: schema(() => z.object({ ...frameParams(), ...asciiParams() })),
  outputs: { xtiming: 'song.xtiming', labels: 'labels/' },
  async run({ inputs, params, outputs, fail }) {
    const { analysis, lyrics, layout } = inputs
    const taken = [...layout.models.map(({ name }) => name), ...layout.groups.map(({ name }) => name)]
    const tracks = timingTracks(analysis, lyrics, { ...params, taken })
    if (tracks.length === 0) return fail('there is nothing to mark in this song: it is silent')
    await writeFile(outputs.xtiming, formatXtiming(tracks))
    const files = new Map<string, string | Uint8Array>(labelFiles(analysis, lyrics))
    files.set('marks.csv', formatCsv(analysis))
    files.set('tempo.mid', formatTempoMap(analysis))
    if (lyrics !== undefined) files.set('song.lrc', formatLrc(lyrics))
    files.set('analysis.schema.json', jsonSchemaOf(Analysis))
    files.set('plan.schema.json', jsonSchemaOf(ShowPlan))
    for (const [name, content] of files) await writeFile(join(outputs.labels, name), content)
  },
})

function jsonSchemaOf(of: Schema<unknown, unknown>): string {
  return `${JSON.stringify(of['~standard'].jsonSchema.output({ target: 'draft-2020-12' }), null, 2)}\n`
}
