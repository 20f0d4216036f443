import type { Role } from './layout.ts'
import type { MacroSection } from './show-plan.ts'

type Choice = readonly [string, ...string[]]

/** Effects of xLights that look good on a part, for the quietest themes first. */
const effects: Readonly<Record<Role, Readonly<Record<MacroSection['theme'], Choice>>>> = {
  matrix: {
    rest: ['Snowflakes', 'Color Wash', 'Twinkle'],
    flow: ['Butterfly', 'Plasma', 'Liquid'],
    build: ['Ripple', 'Spirals', 'Curtain'],
    groove: ['Bars', 'Pinwheel', 'Shape'],
    peak: ['Fireworks', 'Kaleidoscope', 'VU Meter'],
  },
  tree: {
    rest: ['Twinkle', 'Color Wash'],
    flow: ['Spirals', 'Garlands'],
    build: ['Spirals', 'Curtain', 'Fill'],
    groove: ['Bars', 'Pinwheel', 'Spirals'],
    peak: ['Meteors', 'Pinwheel', 'Fan'],
  },
  line: {
    rest: ['Color Wash', 'On'],
    flow: ['Wave', 'Twinkle'],
    build: ['SingleStrand', 'Fill'],
    groove: ['SingleStrand', 'Marquee'],
    peak: ['Meteors', 'Shimmer', 'SingleStrand'],
  },
  arch: {
    rest: ['Color Wash', 'On'],
    flow: ['SingleStrand', 'Wave'],
    build: ['Fill', 'SingleStrand'],
    groove: ['SingleStrand', 'Marquee'],
    peak: ['Meteors', 'SingleStrand'],
  },
  face: {
    rest: ['Color Wash'],
    flow: ['Color Wash', 'Twinkle'],
    build: ['Shimmer', 'Color Wash'],
    groove: ['Color Wash', 'Marquee'],
    peak: ['Shimmer', 'Marquee'],
  },
  flood: {
    rest: ['On', 'Color Wash'],
    flow: ['Color Wash'],
    build: ['Color Wash', 'On'],
    groove: ['Color Wash', 'Shimmer'],
    peak: ['Shimmer', 'Color Wash'],
  },
  spinner: {
    rest: ['Twinkle', 'Color Wash'],
    flow: ['Spirals', 'Pinwheel'],
    build: ['Pinwheel', 'Fill'],
    groove: ['Pinwheel', 'Fan', 'Bars'],
    peak: ['Shockwave', 'Fan', 'Pinwheel'],
  },
  all: {
    rest: ['Color Wash'],
    flow: ['Color Wash', 'Twinkle'],
    build: ['Wave', 'Color Wash'],
    groove: ['Bars', 'Color Wash'],
    peak: ['Shimmer', 'Bars'],
  },
}

/** What happens at the strongest onsets. */
const strokes: Readonly<Record<Role, string>> = {
  ...{ matrix: 'Shockwave', tree: 'Shockwave', spinner: 'Shockwave', line: 'On', arch: 'On' },
  ...{ face: 'On', flood: 'Strobe', all: 'On' },
}

/** Returns the effects that a part may have in sections of a theme. */
export function effectsFor(role: Role, theme: MacroSection['theme']): Choice {
  return effects[role][theme]
}

/** Returns the effect of a part at the strongest onsets. */
export function strokeOf(role: Role): string {
  return strokes[role]
}
