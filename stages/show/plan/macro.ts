import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../../schema/schema.ts'
import { Lyrics } from '../lyrics/lyrics-schema.ts'
import { Analysis, type Section } from '../song/analysis.ts'
import { type PaletteSet, paletteSetNames, paletteSets } from './palettes.ts'
import { picked } from './random.ts'
import { Macro, type MacroSection, Profile } from './show-plan.ts'

/** Returns the params of a show's arc. */
export function macroParams() {
  return {
    palette: described(
      z._default(z.enum(['auto', ...paletteSetNames]), 'auto'),
      "the colours of the show; by default what suits the song's mood",
    ),
    seed: described(z._default(z.int(), 1), 'another number gives another show by the same rules'),
  }
}

/** Plans the arc of a show: themes, colours and intensity of the sections. */
export const macro = defineStage({
  name: 'macro',
  version: 1,
  description:
    'Plans the arc: a theme, colours and an intensity for each section; the same for sections that sound alike',
  inputs: { analysis: json(Analysis), profile: json(Profile), lyrics: optional(json(Lyrics)) },
  params: schema(() => z.object(macroParams())),
  outputs: { macro: json(Macro) },
  run: ({ inputs, params }) => ({ macro: arcOf(inputs.analysis, inputs.profile, inputs.lyrics, params) }),
})

const suiting: Readonly<Record<Profile['mood'], readonly [PaletteSet, ...PaletteSet[]]>> = {
  calm: ['winter', 'garden'],
  warm: ['candle', 'garden', 'christmas'],
  dark: ['neon', 'winter'],
  bright: ['christmas', 'garden', 'neon'],
  driving: ['neon', 'candle', 'christmas'],
}

interface ArcParams {
  readonly palette: 'auto' | PaletteSet
  readonly seed: number
}

/** Returns the arc of a song. */
export function arcOf(
  analysis: Analysis,
  { mood }: Profile,
  lyrics: Lyrics | undefined,
  { palette, seed }: ArcParams,
): Macro {
  const set = palette === 'auto' ? picked(suiting[mood], seed, 'palette') : palette
  const palettes = paletteSets[set].map(({ name, colors }) => ({ name, colors: [...colors] }))
  const ranks = ranksOf(analysis.sections)
  const energies = analysis.sections.map(({ energy }) => energy)
  const [least, most] = [Math.min(...energies), Math.max(...energies)]
  let before: number | undefined
  const sections = analysis.sections.map((section): MacroSection => {
    const { startS, endS, label, occurrence, energy } = section
    const rank = ranks.get(label) ?? 0.5
    // Half of it is the section's own loudness among the others, half the rank of what it is; it comes back stronger.
    const own = most - least < 0.05 ? 0.6 : (energy - least) / (most - least)
    const intensity = Math.min(1, Math.round((0.25 + 0.35 * own + 0.35 * rank + 0.05 * (occurrence - 1)) * 100) / 100)
    const change =
      before === undefined ? 'start' : intensity > before + 0.08 ? 'lift' : intensity < before - 0.08 ? 'fall' : 'same'
    before = intensity
    const isSung = (lyrics?.lines ?? []).some((line) => line.startS < endS && line.endS > startS)
    return {
      ...{
        startS,
        endS,
        label,
        occurrence,
        theme: themeOf(rank, ranks.size),
        palette: Math.round(rank * (palettes.length - 1)),
      },
      ...{ intensity, change, isSung },
    }
  })
  return { mood, palettes, sections }
}

/** Returns the place of each label by its mean energy: 0 the quietest, 1 the loudest. */
function ranksOf(sections: readonly Section[]): ReadonlyMap<string, number> {
  const labels = [...new Set(sections.map(({ label }) => label))]
  const mean = (label: string) => {
    const same = sections.filter((section) => section.label === label)
    const length = same.reduce((sum, { startS, endS }) => sum + endS - startS, 0)
    return same.reduce((sum, { energy, startS, endS }) => sum + energy * (endS - startS), 0) / Math.max(0.001, length)
  }
  const sorted = labels.toSorted((one, other) => mean(one) - mean(other) || one.localeCompare(other, 'en'))
  return new Map(sorted.map((label, at) => [label, sorted.length === 1 ? 0.6 : at / (sorted.length - 1)]))
}

function themeOf(rank: number, count: number): MacroSection['theme'] {
  if (count === 1) return 'groove'
  if (rank >= 0.99) return 'peak'
  if (rank <= 0.01) return 'rest'
  return rank < 0.4 ? 'flow' : rank < 0.7 ? 'build' : 'groove'
}
