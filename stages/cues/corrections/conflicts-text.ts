import type { Cue } from '../cues.ts'
import { clock, milliseconds } from '../timestamp.ts'
import type { ConflictAbout, MergedCorrection, MergedTracks } from './corrections.ts'

const reasons: Readonly<Record<ConflictAbout, string>> = {
  words: 'what is computed has other words there now, too',
  times: 'what is computed has other times there now, too, or leaves no room',
  cut: 'what is computed is split into other cues now',
  place: 'what is computed has nothing there now, or something else',
}

/** Lists the conflicts of corrections with what is computed now, for people. */
export function conflictsText(tracks: MergedTracks): string {
  const blocks = tracks.flatMap(({ language, corrections }) =>
    corrections.flatMap((correction) => (correction.state === 'conflict' ? [conflictText(language, correction)] : [])),
  )
  if (blocks.length === 0) return 'No correction conflicts with what is computed now.\n'
  const [what, verb] = blocks.length === 1 ? ['correction', 'conflicts'] : ['corrections', 'conflict']
  const head = `${blocks.length} ${what} ${verb} with what is computed now. The track shows yours. To settle them, edit the cues again, or see 'reprise corrections'.`
  return [head, ...blocks].join('\n\n').concat('\n')
}

function conflictText(language: string, merged: MergedCorrection): string {
  const { correction, about } = merged
  const why = about.map((reason) => reasons[reason]).join('; ')
  return [`${language}, correction ${correction + 1}: ${why}`, ...correctionLines(merged)].join('\n')
}

/** Returns the three sides of a correction, in lines: what was computed, what is computed now, what the person wrote. */
export function correctionLines({ base, yours, now }: MergedCorrection): readonly string[] {
  return [...cueLines('was', base), ...cueLines('now', now), ...cueLines('yours', yours)]
}

function cueLines(name: string, cues: readonly Cue[]): readonly string[] {
  if (cues.length === 0) return [`  ${name.padEnd(5)}  nothing`]
  const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`
  return cues.map(
    ({ startMs, endMs, lines }, place) =>
      `  ${(place === 0 ? name : '').padEnd(5)}  ${time(startMs)} - ${time(endMs)}  ${lines.join(' / ')}`,
  )
}
