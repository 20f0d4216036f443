import { writeFile } from 'node:fs/promises'
import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../../schema/schema.ts'
import { Lyrics } from '../lyrics/lyrics-schema.ts'
import { Layout } from '../plan/layout.ts'
import { Macro, ShowPlan } from '../plan/show-plan.ts'
import { Analysis } from '../song/analysis.ts'
import { asciiParams } from './timing.ts'
import { timingTracks } from './tracks.ts'
import { formatXsq } from './xsq.ts'

/** Returns the param of the song's name in a sequence. */
export function mediaParams() {
  return {
    mediaFile: described(
      z._default(z.string(), ''),
      'the name of the song as the sequence finds it, such as song.mp3; empty: xLights asks for it',
    ),
  }
}

/** Writes the show as a sequence of xLights. */
export const exportShow = defineStage({
  name: 'export',
  version: 1,
  description: 'Writes the show as a sequence of xLights, with timing tracks, effects and the structure of the song',
  inputs: {
    plan: json(ShowPlan),
    macro: json(Macro),
    analysis: json(Analysis),
    lyrics: optional(json(Lyrics)),
    layout: json(Layout),
  },
  params: schema(() => z.object({ ...asciiParams(), ...mediaParams() })),
  outputs: { xsq: 'show.xsq' },
  async run({ inputs, params, outputs }) {
    const { plan, macro, analysis, lyrics, layout } = inputs
    const taken = [...layout.models, ...layout.groups].map(({ name }) => name)
    const { frameMs } = plan
    const tracks = timingTracks(analysis, lyrics, { frameMs, ascii: params.ascii, taken })
    await writeFile(outputs.xsq, formatXsq({ plan, macro, tracks, mediaFile: params.mediaFile }))
  },
})
