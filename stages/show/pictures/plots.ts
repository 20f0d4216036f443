import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { Tags } from '../lyrics/lyrics-schema.ts'
import { Analysis } from '../song/analysis.ts'
import { readPeaks } from '../song/features.ts'

/** So many seconds from the middle of a song are shown enlarged. */
const closeUpS = 12

/** Draws what was found in a song. */
export const plots = defineStage({
  name: 'plots',
  version: 1,
  description: 'Draws the song: waveform, sections, energy and tempo, and some seconds with their beats and onsets',
  inputs: { features: 'file', analysis: json(Analysis), tags: json(Tags) },
  params: schema(() => z.object({})),
  outputs: { plots: 'plots/' },
  async run({ inputs, outputs, progress }) {
    const { renderAsync } = await import('@resvg/resvg-js')
    const { closeUpSvg, overviewSvg, plotColors } = await import('./plot.ts')
    const fonts = (await import('../../drawing/fonts.ts')).bundledFonts()
    const { analysis, tags } = inputs
    const song = { title: titleOf(tags), analysis, peaks: await readPeaks(inputs.features) }
    const fromS = Math.max(0, Math.min(analysis.durationS / 2, analysis.durationS - closeUpS))
    const toS = Math.min(analysis.durationS, fromS + closeUpS)
    for (const [at, name] of (['light', 'dark'] as const).entries()) {
      const suffix = name === 'light' ? '' : '-dark'
      const drawings = {
        overview: overviewSvg(song, plotColors[name], fonts),
        beats: closeUpSvg(song, fromS, toS, plotColors[name], fonts),
      }
      for (const [drawing, svg] of Object.entries(drawings)) {
        await writeFile(join(outputs.plots, `${drawing}${suffix}.png`), (await renderAsync(svg)).asPng())
      }
      progress((at + 1) / 2)
    }
  },
})

/** Returns what a song is called. */
export function titleOf({ title, artist }: Tags): string {
  if (title === undefined) return 'Untitled song'
  return artist === undefined ? title : `${title}, ${artist}`
}
