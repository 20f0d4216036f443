import type { Cue } from '../cues.ts'
import { clock, milliseconds } from '../timestamp.ts'
import type { ConflictAbout, MergedCorrection, MergedTracks } from './corrections.ts'

const reasons: Readonly<Record<ConflictAbout, string>> = {
  words: 'the same words are others now',
  times: 'the same time is another now, or there is no room for it',
  cut: 'the cues are cut in other places now',
  place: 'nothing is said there now, or something else',
}

/** Lists the conflicts of corrections with what is computed now, for people. */
export function conflictsText(tracks: MergedTracks): string {
  const blocks = tracks.flatMap(({ language, corrections }) =>
    corrections.flatMap((correction) => (correction.state === 'conflict' ? [conflictText(language, correction)] : [])),
  )
  if (blocks.length === 0) return 'No correction conflicts with what is computed now.\n'
  const [what, verb] = blocks.length === 1 ? ['correction', 'conflicts'] : ['corrections', 'conflict']
  const head = `${blocks.length} ${what} ${verb} with what is computed now. The track shows yours; to settle one, edit the cue again.`
  return [head, ...blocks].join('\n\n').concat('\n')
}

function conflictText(language: string, { correction, about, base, yours, now }: MergedCorrection): string {
  return [
    `${language}, correction ${correction + 1}: ${about.map((reason) => reasons[reason]).join('; ')}`,
    ...cueLines('was', base),
    ...cueLines('now', now),
    ...cueLines('yours', yours),
  ].join('\n')
}

function cueLines(name: string, cues: readonly Cue[]): readonly string[] {
  if (cues.length === 0) return [`  ${name.padEnd(5)}  nothing`]
  const time = (ms: number) => `${clock(ms, 2)}.${milliseconds(ms)}`
  return cues.map(
    ({ startMs, endMs, lines }, place) =>
      `  ${(place === 0 ? name : '').padEnd(5)}  ${time(startMs)} - ${time(endMs)}  ${lines.join(' / ')}`,
  )
}
