import { definePipeline, file, optional, select } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { click, clickParams } from './export/click.ts'
import { exportShow, mediaParams } from './export/export.ts'
import { frameParams } from './export/frame-params.ts'
import { asciiParams, timing } from './export/timing.ts'
import { lyrics } from './lyrics/lyrics.ts'
import { tags } from './lyrics/tags.ts'
import { plots } from './pictures/plots.ts'
import { preview, previewSong } from './pictures/preview.ts'
import { check } from './plan/check.ts'
import { contexts } from './plan/contexts.ts'
import { groups, rhythmOf } from './plan/groups.ts'
import { macro, macroParams } from './plan/macro.ts'
import { profile } from './plan/profile.ts'
import { groupParams, readDisplay } from './plan/read-layout.ts'
import { analyze } from './song/analyze.ts'
import { chooseTracker, listen, trackerChoiceParams } from './song/listen.ts'

const params = schema(() =>
  z.object({
    ...trackerChoiceParams(),
    ...macroParams(),
    ...groupParams(),
    ...frameParams(),
    ...asciiParams(),
    ...mediaParams(),
    ...clickParams(),
  }),
)

/** Song to light show: what is in the song, a plan for each part of the display, and files for sequencers. */
export const show = definePipeline({
  name: 'show',
  description: 'Plans a light show for a song: beats, sections, a plan for each part of the display, files for xLights',
  inputs: {
    song: 'file',
    layout: optional(file()),
    lyrics: optional(file()),
    beats: optional(file()),
    sections: optional(file()),
  },
  params,
  build({ step, each, inputs, params }) {
    const { song, beats, sections } = inputs
    const { tracker, palette, seed, groups: names, frameMs, ascii, mediaFile, clickDb } = params

    const { tags: told } = step(tags, { song, lyrics: inputs.lyrics })
    const durationS = select(told, ({ durationS }) => durationS)
    const { features, heard } = step(listen, { song, durationS }, { params: chooseTracker(tracker) })
    const { analysis } = step(analyze, { features, heard, beats, sections })
    const { profile: character } = step(profile, { analysis })
    const hasLyrics = { of: told, is: ({ lyrics: found }: { lyrics: unknown }) => found !== null }
    const { lyrics: sung } = step(lyrics, { tags: told }, { when: hasLyrics })
    const { macro: arc } = step(macro, { analysis, profile: character, lyrics: sung }, { params: { palette, seed } })

    const { layout } = step(readDisplay, { layout: inputs.layout }, { params: { groups: names } })
    const { contexts: parts } = step(contexts, { layout })
    const rhythm = select(analysis, rhythmOf)
    const { plan: plans } = each(parts, (context) =>
      step(groups, { context, macro: arc, rhythm }, { params: { frameMs, seed } }),
    )
    const { plan } = step(check, { tags: told, layout, macro: arc, rhythm, plans }, { params: { frameMs } })

    const { xtiming, labels } = step(timing, { analysis, lyrics: sung, layout }, { params: { frameMs, ascii } })
    const { xsq } = step(
      exportShow,
      { plan, macro: arc, analysis, lyrics: sung, layout },
      { params: { ascii, mediaFile } },
    )
    const { click: clicked } = step(click, { song, analysis }, { params: { clickDb } })
    const { playable } = step(previewSong, { song, durationS })
    const { preview: page } = step(preview, {
      ...{ playable, features, analysis, tags: told, lyrics: sung },
      ...{ macro: arc, plan },
    })
    const { plots: drawings } = step(plots, { features, analysis, tags: told })
    return { analysis, macro: arc, plan, xtiming, xsq, labels, click: clicked, preview: page, plots: drawings }
  },
})
