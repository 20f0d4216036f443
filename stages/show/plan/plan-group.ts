import { flooredMs } from '../export/frames.ts'
import { effectsFor, strokeOf } from './effects.ts'
import type { Role } from './layout.ts'
import { picked } from './random.ts'
import type { Context, GroupPlan, Macro, MacroSection, PlannedEffect, Rhythm } from './show-plan.ts'

export interface PlanOptions {
  readonly frameMs: number
  readonly seed: number
}

/** An effect before it is put on the grid of frames. */
interface Wanted extends Omit<PlannedEffect, 'startMs' | 'endMs'> {
  readonly startS: number
  readonly endS: number
}

/** After so many bars, a section continues with its other effect: the more intense, the sooner. */
const barsAnEffect = [
  { from: 0.85, bars: 1 },
  { from: 0.65, bars: 2 },
  { from: 0.4, bars: 4 },
  { from: 0, bars: 8 },
]

/** How many times longer than others a part keeps an effect: what lights the whole scene changes less. */
const patience: Readonly<Record<Role, number>> = {
  ...{ matrix: 1, tree: 1, spinner: 1, arch: 1 },
  ...{ face: 2, line: 2, flood: 4, all: 4 },
}
/** In the quietest sections, these are dark; so there is something left to come in later. */
const darkWhenQuiet: readonly Role[] = ['arch', 'spinner', 'all']
const quiet = 0.45
/** These go with the others: their second effect has the colours of a calmer section. */
const accompanying: readonly Role[] = ['line', 'flood', 'arch']

/** Returns what a part of the display does during a song: rules, a seed, and nothing of the other parts. */
export function planGroup(context: Context, macro: Macro, rhythm: Rhythm, { frameMs, seed }: PlanOptions): GroupPlan {
  const { name, role, models } = context
  const isSongSung = macro.sections.some(({ isSung }) => isSung)
  const sections = macro.sections.flatMap((section, index) =>
    sectionEffects({ context, section, index, rhythm, seed, isSongSung }),
  )
  const struck = rhythm.impacts.reduce((effects, atS) => {
    const section = macro.sections.find(({ startS, endS }) => atS >= startS && atS < endS)
    const untilS = rhythm.beats.find((beat) => beat > atS + 0.2) ?? atS + 0.5
    const stroke = {
      ...{
        startS: atS,
        endS: Math.min(untilS, rhythm.durationS),
        effect: strokeOf(role),
        palette: section?.palette ?? 0,
      },
      ...{ brightness: 100, fadeInS: 0, fadeOutS: 0.2, reason: 'an impact' },
    }
    return placed(effects, stroke)
  }, sections)
  const silent = rhythm.gaps.reduce(
    (effects, gap) =>
      placed(effects, { ...gap, effect: 'Off', palette: 0, brightness: 0, fadeInS: 0, fadeOutS: 0, reason: 'silence' }),
    struck,
  )
  return { group: name, role, models: [...models], effects: onGrid(silent, rhythm.durationS, frameMs) }
}

interface SectionRequest {
  readonly context: Context
  readonly section: MacroSection
  readonly index: number
  readonly rhythm: Rhythm
  readonly seed: number
  readonly isSongSung: boolean
}

function sectionEffects({ context, section, index, rhythm, seed, isSongSung }: SectionRequest): Wanted[] {
  const { role, name } = context
  const { startS, endS, label, occurrence, theme, palette, intensity, change } = section
  const choice = effectsFor(role, theme)
  // Sections that sound alike look alike: what is drawn depends on the label alone.
  const first = picked(choice, seed, name, label, 'first')
  const second = picked(choice, seed, name, label, 'second')
  const isDark =
    (darkWhenQuiet.includes(role) && intensity < quiet) || (role === 'face' && isSongSung && !section.isSung)
  const length = (barsAnEffect.find(({ from }) => intensity >= from)?.bars ?? 4) * patience[role]
  const bars = rhythm.bars.filter((bar) => bar > startS + 0.05 && bar < endS - 0.05)
  const cuts = [startS, ...(isDark ? [] : bars.filter((_, at) => (at + 1) % length === 0)), endS]
  const calmer = accompanying.includes(role) ? Math.max(0, palette - 1) : palette
  return cuts.slice(0, -1).map((fromS, at) => ({
    startS: fromS,
    endS: cuts[at + 1] ?? endS,
    effect: isDark ? 'Off' : at % 2 === 0 ? first : second,
    palette: at % 2 === 0 ? palette : calmer,
    brightness: isDark ? 0 : Math.round(40 + 60 * intensity),
    fadeInS: isDark ? 0 : at === 0 && index === 0 ? 1 : at === 0 && change === 'fall' ? 0.5 : 0,
    fadeOutS: 0,
    reason: `section ${label}${occurrence}, ${theme}${at === 0 ? `, ${change}` : ''}${isDark ? ', dark' : ''}`,
  }))
}

/** Puts an effect over others, which are cut. */
function placed(effects: readonly Wanted[], over: Wanted): Wanted[] {
  const rest = effects.flatMap((effect) => [
    ...(effect.startS < over.startS ? [{ ...effect, endS: Math.min(effect.endS, over.startS) }] : []),
    ...(effect.endS > over.endS ? [{ ...effect, startS: Math.max(effect.startS, over.endS) }] : []),
  ])
  return [...rest, over].sort((one, other) => one.startS - other.startS)
}

/** Floors effects to the grid of frames: without gaps, from the start to the end; those that vanish are left out. */
function onGrid(effects: readonly Wanted[], durationS: number, frameMs: number): PlannedEffect[] {
  const endMs = flooredMs(durationS, frameMs)
  const starts = effects.map(({ startS }, at) => (at === 0 ? 0 : Math.min(endMs, flooredMs(startS, frameMs))))
  return effects.flatMap(({ startS: _, endS: __, ...effect }, at) => {
    const [startMs = 0, nextMs = endMs] = [starts[at], starts[at + 1]]
    return nextMs <= startMs ? [] : [{ startMs, endMs: nextMs, ...effect }]
  })
}
