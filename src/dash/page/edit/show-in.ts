import { cuesTyped } from '../media/wave.tsx'
import type { Cue } from './cues.ts'

const shown = new WeakMap<TextTrack, readonly { readonly of: Cue; readonly cue: VTTCue }[]>()

/** Shows in the film what is typed; of thousands of cues, only those that changed are replaced. */
export function showIn(track: TextTrack | undefined, cues: readonly Cue[]): void {
  if (track === undefined) return
  const before = shown.get(track) ?? []
  if (before.length === 0) for (const cue of [...(track.cues ?? [])]) track.removeCue(cue)
  const same = new Map(before.map((entry) => [entry.of, entry]))
  const after = cues.map((of) => same.get(of) ?? { of, cue: vttCue(of) })
  const kept = new Set(after)
  for (const entry of before) if (!kept.has(entry)) track.removeCue(entry.cue)
  const old = new Set(before)
  for (const entry of after) if (!old.has(entry)) track.addCue(entry.cue)
  shown.set(track, after)
  cuesTyped.value += 1
}

function vttCue({ startMs, endMs, text }: Cue): VTTCue {
  return new VTTCue(startMs / 1000, endMs / 1000, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'))
}
