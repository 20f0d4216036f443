import type { HandEdit, Overlay, TakenByHand } from 'reprise'
import { valueAs } from '../../schema/schema.ts'
import type { Cue } from '../cues.ts'
import { readCues } from '../read-cues.ts'
import { formatSrt } from '../srt.ts'
import { type Correction, Corrections, type MergedTrack, MergedTracks } from './corrections.ts'
import { mergeCorrections } from './merge.ts'
import { takeEdit } from './take.ts'

/** The format in which people correct subtitles: every editor of subtitles reads and writes it. */
const editedFile = /^tracks\/([^/]+)\.srt$/
/** Markup of SRT, which the tracks do not have. */
const markup = /<\/?(?:[biu]|font)\b[^>]*>|\{\\[^}]*\}/gi

/** What people correct in the subtitle files of a job is kept as corrections, and merged with what is computed. */
export const subtitlesOverlay: Overlay = {
  input: 'corrections',
  step: 'subtitles',
  counts: 'corrected',
  listing: 'conflicts',
  take: takeSubtitles,
  show(state) {
    const shown = pendingTracks(state).map(
      (track) => [`tracks/${track.language}.srt`, formatSrt(shownOf(track))] as const,
    )
    return shown.map(([path, text]) => ({ path, text }))
  },
}

/** Returns the tracks with corrections that no run has merged yet. */
function pendingTracks({ corrections, outputs }: Pick<HandEdit, 'corrections' | 'outputs'>): readonly MergedTrack[] {
  const known = corrections === undefined ? undefined : valueAs(Corrections, corrections)
  const tracks = valueAs(MergedTracks, outputs.merged) ?? []
  return tracks.map(({ pieces, corrections: _, ...options }) => {
    const computed = pieces.flatMap((piece) => piece.computed)
    return mergeCorrections(computed, known?.tracks[options.language] ?? [], options)
  })
}

function takeSubtitles(edit: HandEdit): TakenByHand {
  const { corrections, outputs, files, isPending = false } = edit
  const merged = isPending ? pendingTracks(edit) : valueAs(MergedTracks, outputs.merged)
  const before = corrections === undefined ? undefined : valueAs(Corrections, corrections)
  const tracks: Record<string, readonly Correction[]> = { ...before?.tracks }
  const refused: { path: string; why: string }[] = []
  const whole: string[] = []
  let changed = 0
  for (const { path, text } of files) {
    const language = editedFile.exec(path)?.[1]
    const track = merged?.find((one) => one.language === language)
    const edited = readCues(text)
    if (language === undefined) refused.push({ path, why: `corrections are taken from tracks/*.srt` })
    else if (track === undefined) refused.push({ path, why: `the track that it was made from is not known any more` })
    else if (!edited.ok) refused.push({ path, why: `'${edited.error}' is not a cue time` })
    else if (edited.value.length === 0 && shownOf(track).length > 0) refused.push({ path, why: 'it has no cues' })
    else {
      const cues = edited.value.flatMap(spokenCue)
      const shown = readCues(formatSrt(shownOf(track)))
      const taken = takeEdit(tracks[language] ?? [], track, { shown: shown.ok ? shown.value : [], edited: cues })
      tracks[language] = taken.corrections
      changed += taken.changed
      if (isSameFile(formatSrt(cues), text)) whole.push(path)
    }
  }
  return { corrections: { version: 1, tracks: withoutEmpty(tracks) }, changed, whole, refused }
}

function shownOf({ pieces }: MergedTrack): readonly Cue[] {
  return pieces.flatMap(({ shown }) => shown)
}

/** A cue without words is one that was deleted. */
function spokenCue({ startMs, endMs, lines }: Cue): readonly Cue[] {
  const spoken = lines.map((line) => line.replace(markup, '').trim()).filter((line) => line !== '')
  return spoken.length === 0 ? [] : [{ startMs, endMs: Math.max(endMs, startMs + 1), lines: spoken }]
}

/** Numbers, blank lines and line ends say nothing. */
function isSameFile(one: string, other: string): boolean {
  const bare = (text: string) =>
    text
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(
        (line, place, lines) => line !== '' && !(/^\d+$/.test(line) && lines[place + 1]?.includes('-->') === true),
      )
      .join('\n')
  return bare(one) === bare(other)
}

function withoutEmpty(tracks: Readonly<Record<string, readonly Correction[]>>): Record<string, Correction[]> {
  return Object.fromEntries(
    Object.entries(tracks).flatMap(([language, corrections]) =>
      corrections.length === 0 ? [] : [[language, [...corrections]]],
    ),
  )
}
