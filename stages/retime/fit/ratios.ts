/** How fast the film runs against the one that the subtitles were made for. */
export interface Ratio {
  /** The film's time is the file's time, times this. */
  readonly value: number
  readonly name: string
  /** How unlikely it is before anything is heard, in nats. */
  readonly cost: number
}

const ntsc = 24_000 / 1001
const frameRates: readonly (readonly [name: string, rate: number])[] = [
  ['23.976', ntsc],
  ['24', 24],
  ['25', 25],
]
const costOfKnown = 4
const costOfFree = 12

export const sameSpeed: Ratio = { value: 1, name: 'the same speed', cost: 0 }

/** The ratios of films that were sped up or slowed down from one frame rate to another. */
export const knownRatios: readonly Ratio[] = frameRates.flatMap(([subtitled, from]) =>
  frameRates.flatMap(([played, to]) =>
    from === to ? [] : [{ value: from / to, name: `${subtitled} to ${played} frames a second`, cost: costOfKnown }],
  ),
)

/** Returns a ratio of no known cause. */
export function freeRatio(value: number): Ratio {
  return {
    value,
    name: `${(100 * (value - 1)).toFixed(3)} % slower`.replace(/^-(.*) slower$/, '$1 faster'),
    cost: costOfFree,
  }
}

/** How far from 1 a free ratio may be, and the steps in which it is looked for. */
const farthest = 0.05
export const lowestRatio = 1 - farthest
const firstStep = 0.002
export const finerSteps: readonly number[] = [0.000_5, 0.000_1, 0.000_025]

/** Returns the free ratios that are tried first. */
export function coarseRatios(): readonly Ratio[] {
  const count = Math.round(farthest / firstStep)
  return Array.from({ length: 2 * count + 1 }, (_, at) => freeRatio(1 + (at - count) * firstStep)).filter(
    ({ value }) => value !== 1,
  )
}
