import type { Cue } from '../cues.ts'

/** Times that differ by less are the same: recognizers are not more exact. */
export const nearlyMs = 80

interface Versions<T> {
  readonly base: T
  readonly now: T
  readonly yours: T
}

export interface MergedCues {
  readonly cues: readonly Cue[]
  readonly isConflict: boolean
}

/** Merges one time: what one of both moved is moved; where both did, the person's time is taken. */
export function mergeTime({ base, now, yours }: Versions<number>): {
  readonly ms: number
  readonly isConflict: boolean
} {
  if (yours === base) return { ms: now, isConflict: false }
  return { ms: yours, isConflict: Math.abs(now - base) > nearlyMs && Math.abs(now - yours) > nearlyMs }
}

/**
 * Merges the times of cues that are cut as they were: cue by cue where the person left their number, or else by the ends
 * of all of them, between which the person's times are stretched.
 */
export function mergeTimes({ base, now, yours }: Versions<readonly Cue[]>): MergedCues {
  let isConflict = false
  const merged = (times: Versions<number>) => {
    const { ms, isConflict: both } = mergeTime(times)
    isConflict ||= both
    return ms
  }
  if (yours.length === base.length) {
    const cues = yours.map((cue, place) => {
      const [was = cue, is = cue] = [base[place], now[place]]
      return {
        startMs: merged({ base: was.startMs, now: is.startMs, yours: cue.startMs }),
        endMs: merged({ base: was.endMs, now: is.endMs, yours: cue.endMs }),
        lines: cue.lines,
      }
    })
    return { cues, isConflict }
  }
  const [first, last] = [yours[0], yours.at(-1)]
  if (first === undefined || last === undefined) return { cues: [], isConflict: false }
  const [was, is] = [spanOf(base, spanOf(yours, [0, 0])), spanOf(now, spanOf(yours, [0, 0]))]
  const startMs = merged({ base: was[0], now: is[0], yours: first.startMs })
  const endMs = merged({ base: was[1], now: is[1], yours: last.endMs })
  const spread = (ms: number) => {
    if (ms === first.startMs) return startMs
    if (ms === last.endMs) return endMs
    return Math.round(startMs + ((ms - first.startMs) / (last.endMs - first.startMs)) * (endMs - startMs))
  }
  const cues = yours.map((cue) => ({ startMs: spread(cue.startMs), endMs: spread(cue.endMs), lines: cue.lines }))
  return { cues, isConflict }
}

function spanOf(cues: readonly Cue[], otherwise: readonly [number, number]): readonly [startMs: number, endMs: number] {
  return [cues[0]?.startMs ?? otherwise[0], cues.at(-1)?.endMs ?? otherwise[1]]
}
