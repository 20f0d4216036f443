/** What the units of time of a TTML file mean. */
export interface TtmlClock {
  /** Frames a second. */
  readonly frameRate: number
  /** Ticks a second. */
  readonly tickRate: number
}

/** Returns the rates that the opening tag of `tt` declares (W3C TTML2, section 7.2). */
export function readTtmlClock(opening: string): TtmlClock {
  const of = (name: string) => new RegExp(`\\b(?:[\\w-]+:)?${name}\\s*=\\s*["']([^"']*)["']`).exec(opening)?.[1]
  const [above = 1, below = 1] = (of('frameRateMultiplier') ?? '1 1').split(/[ :]/).map(Number)
  const declared = of('frameRate')
  const frameRate = (Number(declared ?? 30) * above) / below
  // Without a tick rate, ticks are frames where there is a frame rate, else seconds.
  const tickRate = Number(of('tickRate') ?? (declared === undefined ? 1 : frameRate))
  return { frameRate, tickRate }
}

const units: Readonly<Record<string, (clock: TtmlClock) => number>> = {
  h: () => 3_600_000,
  m: () => 60_000,
  s: () => 1000,
  ms: () => 1,
  f: ({ frameRate }) => 1000 / frameRate,
  t: ({ tickRate }) => 1000 / tickRate,
}

/** Returns the milliseconds of a time such as `00:00:01.5`, `00:00:01:12` or `1.5s`. */
export function timeOf(text: string | undefined, clock: TtmlClock): number | undefined {
  const offset = /^\s*([\d.]+)(h|ms|m|s|f|t)\s*$/.exec(text ?? '')
  if (offset !== null) return Number(offset[1]) * (units[offset[2] ?? 's']?.(clock) ?? 1000)
  const found = /^\s*(\d+):(\d\d):(\d\d(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?\s*$/.exec(text ?? '')
  if (found === null) return undefined
  const [, hours, minutes, seconds, frames = '0'] = found
  const wholeS = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return wholeS * 1000 + (Number(frames) * 1000) / clock.frameRate
}
