import type { Lyrics } from '../lyrics/lyrics-schema.ts'
import type { Analysis } from '../song/analysis.ts'
import { contiguous, type Mark, onFrames } from './frames.ts'
import { asciiText, type TimingTrack, trackName } from './xtiming.ts'

export interface TrackOptions {
  readonly frameMs: number
  /** Labels in ASCII. */
  readonly ascii: boolean
  /** Names that tracks may not have: those of models and groups. */
  readonly taken: readonly string[]
}

/** Returns the tracks of timing marks of a song: beats, bars, sections and so on, and lyrics where there are any. */
export function timingTracks(
  analysis: Analysis,
  lyrics: Lyrics | undefined,
  options: TrackOptions,
): readonly TimingTrack[] {
  const { frameMs, ascii, taken } = options
  const grid = { frameMs, endS: analysis.durationS }
  const numbered = (moments: readonly { readonly atS: number }[]) =>
    contiguous(
      moments.map(({ atS }, at) => ({ atS, label: String(at + 1) })),
      grid,
      ({ label }) => label,
    )
  const rows: (readonly [string, readonly (readonly Mark[])[]])[] = [
    ['Beats', [contiguous(analysis.beats, grid, ({ position }) => String(position))]],
    [
      'Bars',
      [
        contiguous(
          analysis.bars.map(({ startS }, at) => ({ atS: startS, label: String(at + 1) })),
          grid,
          ({ label }) => label,
        ),
      ],
    ],
    ['Half notes', [numbered(analysis.halves)]],
    ['Eighth notes', [numbered(analysis.eighths)]],
    ['Sections', [onFrames(analysis.sections, frameMs, ({ label, occurrence }) => `${label}${occurrence}`)]],
    ['Onsets low', [numbered(analysis.onsets.low)]],
    ['Onsets mid', [numbered(analysis.onsets.mid)]],
    ['Onsets high', [numbered(analysis.onsets.high)]],
    ['Impacts', [briefly(analysis.impacts, analysis.durationS, frameMs, 'impact')]],
    ['Drops', [briefly(analysis.drops, analysis.durationS, frameMs, 'drop')]],
    ['Gaps', [onFrames(analysis.gaps, frameMs, () => 'silence')]],
    ...lyricRows(lyrics, frameMs),
  ]
  const names = new Set(taken)
  return rows.flatMap(([wanted, layers]) => {
    if (layers.every((marks) => marks.length === 0)) return []
    const name = trackName(wanted, names)
    names.add(name)
    const labelled = (marks: readonly Mark[]) => marks.map((mark) => ({ ...mark, label: asciiText(mark.label) }))
    return [{ name, layers: ascii ? layers.map(labelled) : layers }]
  })
}

const briefS = 0.5

/** Moments that nothing continues, such as impacts, last half a second, or until the next one. */
function briefly(moments: readonly { readonly atS: number }[], endS: number, frameMs: number, label: string) {
  const spans = moments.map(({ atS }, at) => ({
    startS: atS,
    endS: Math.min(atS + briefS, moments[at + 1]?.atS ?? endS),
  }))
  return onFrames(spans, frameMs, () => label)
}

/** Lyrics are a track of three layers and, since marks of its lower layers cannot be selected, their words one of their own. */
function lyricRows(lyrics: Lyrics | undefined, frameMs: number): (readonly [string, readonly (readonly Mark[])[]])[] {
  if (lyrics === undefined || lyrics.lines.length === 0) return []
  const phrases = onFrames(lyrics.lines, frameMs, ({ text }) => text.replace(/["<>]/g, ''))
  const words = lyrics.lines.flatMap((line) => line.words)
  const placed = onFrames(words, frameMs, ({ text }) => text.replace(/["<>]/g, ''))
  const mouths = onFrames(
    words.flatMap((word) => word.mouths),
    frameMs,
    ({ mouth }) => mouth,
  )
  return [
    ['Lyrics', [phrases, placed, mouths]],
    ['Words', [placed]],
  ]
}
