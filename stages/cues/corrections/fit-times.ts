import { type Cue, shortestMs } from '../cues.ts'

/** Cues that are shown, and the corrections that they come from. */
export interface ShownCue {
  readonly cue: Cue
  readonly corrections: readonly number[]
}

/**
 * Returns cues that are in order, do not overlap, and lie in the film. A computed cue makes room for a corrected one. Where
 * that leaves it too little, the corrected one has to move: `moved` are the corrections whose times could not be kept.
 */
export function fitTimes(
  shown: readonly ShownCue[],
  durationMs: number,
): { readonly cues: readonly Cue[]; readonly moved: ReadonlySet<number> } {
  const moved = new Set<number>()
  const note = ({ corrections }: ShownCue) => {
    for (const index of corrections) moved.add(index)
  }
  const cues: { startMs: number; endMs: number; lines: readonly string[] }[] = []
  for (const [place, entry] of shown.entries()) {
    const { cue } = entry
    const next = { startMs: cue.startMs, endMs: cue.endMs, lines: cue.lines }
    // What comes after needs some time, too.
    const latestMs = durationMs - shortestMs * (shown.length - place)
    const before = cues.at(-1)
    const previous = shown[place - 1]
    if (before !== undefined && previous !== undefined && before.endMs > next.startMs) {
      const isOwnRoom = entry.corrections.length > 0 && next.startMs - before.startMs >= shortestMs
      if (isOwnRoom) {
        if (previous.corrections.length > 0 && !shares(previous, entry)) note(previous)
        before.endMs = next.startMs
      } else {
        next.startMs = before.endMs
        if (entry.corrections.length > 0) note(entry)
      }
    }
    if (next.startMs < 0 || next.startMs > latestMs) {
      next.startMs = Math.max(0, Math.min(next.startMs, latestMs))
      note(entry)
      if (before !== undefined && before.endMs > next.startMs) before.endMs = Math.max(before.startMs + 1, next.startMs)
      if (before !== undefined) next.startMs = Math.max(next.startMs, before.endMs)
    }
    if (next.endMs < next.startMs + shortestMs) {
      if (entry.corrections.length > 0 && cue.endMs >= cue.startMs + shortestMs) note(entry)
      next.endMs = next.startMs + shortestMs
    }
    if (next.endMs > durationMs) {
      note(entry)
      next.endMs = durationMs
    }
    cues.push(next)
  }
  return { cues, moved }
}

function shares(one: ShownCue, other: ShownCue): boolean {
  return one.corrections.some((index) => other.corrections.includes(index))
}
