import { definePipeline, file, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { click, clickParams } from './export/click.ts'
import { asciiParams, frameParams, timing } from './export/timing.ts'
import { lyrics } from './lyrics/lyrics.ts'
import { tags } from './lyrics/tags.ts'
import { groupParams, readDisplay } from './plan/read-layout.ts'
import { analyze } from './song/analyze.ts'
import { chooseTracker, listen, trackerChoiceParams } from './song/listen.ts'

const params = schema(() =>
  z.object({ ...trackerChoiceParams(), ...groupParams(), ...frameParams(), ...asciiParams(), ...clickParams() }),
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
  build({ step, inputs, params }) {
    const { song } = inputs
    const { tracker, groups, frameMs, ascii, clickDb } = params
    const { tags: tagged } = step(tags, { song, lyrics: inputs.lyrics })
    const { lyrics: sung } = step(
      lyrics,
      { tags: tagged },
      { when: { of: tagged, is: ({ lyrics }) => lyrics !== null } },
    )
    const { features, heard } = step(listen, { song }, { params: chooseTracker(tracker) })
    const { beats, sections } = inputs
    const { analysis } = step(analyze, { features, heard, beats, sections })
    const { layout } = step(readDisplay, { layout: inputs.layout }, { params: { groups } })
    const { xtiming, labels } = step(timing, { analysis, lyrics: sung, layout }, { params: { frameMs, ascii } })
    const { click: clicked } = step(click, { song, analysis }, { params: { clickDb } })
    return { analysis, xtiming, labels, click: clicked }
  },
})
