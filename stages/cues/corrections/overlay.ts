import type { Correctable, HandEdit, ListedCorrection, Overlay, TakenByHand } from 'reprise'
import { valueAs } from '../../schema/schema.ts'
import type { Cue } from '../cues.ts'
import { profileNames, rulesFor } from '../profiles/profiles.ts'
import { readCues } from '../read-cues.ts'
import { formatSrt } from '../srt.ts'
import { formatVtt } from '../vtt.ts'
import { correctionLines } from './conflicts-text.ts'
import { type Correction, Corrections, type MergedTrack, MergedTracks } from './corrections.ts'
import { mergeCorrections } from './merge.ts'
import { settle } from './settle.ts'
import { takeEdit } from './take.ts'

/** The formats in which people correct subtitles: every editor of subtitles reads and writes them. */
const editedFile = /^tracks\/([^/]+)\.(srt|vtt)$/
/** Markup of SRT and WebVTT, which the tracks do not have. */
const markup = /<\/?(?:[biucv]|font|lang|ruby|rt)(?=[\s.>])[^>]*>|\{\\[^}]*\}/gi

/** What people correct in the subtitle files of a job is kept as corrections, and merged with what is computed. */
export const subtitlesOverlay: Overlay = {
  input: 'corrections',
  step: 'subtitles',
  counts: 'corrected',
  listing: 'conflicts',
  take: takeSubtitles,
  show(state) {
    return pendingTracks(state).map((track) => ({
      path: `tracks/${track.language}.srt`,
      text: formatSrt(shownOf(track)),
      ...(state.params === undefined ? {} : { limits: limitsOf(state.params, track) }),
    }))
  },
  list: listCorrections,
  settle: settleCorrections,
}

/** Returns the limits of a track: those of the profile of its step, with its own instead where they are set. */
function limitsOf(params: NonNullable<Correctable['params']>, { language }: MergedTrack): Record<string, number> {
  const profile = profileNames.find((name) => name === params.profile) ?? 'plain'
  const own = (name: string) => (typeof params[name] === 'number' ? params[name] : undefined)
  const { maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS } = rulesFor(profile, language, {
    maxLineChars: own('maxLineChars'),
    maxLines: own('maxLines'),
    charsPerSecond: own('charsPerSecond'),
    minCueS: own('minCueS'),
    maxCueS: own('maxCueS'),
    cueGapS: own('cueGapS'),
  })
  return { maxLineChars, maxLines, charsPerSecond, minCueS, maxCueS, cueGapS }
}

function listCorrections(state: Correctable): readonly ListedCorrection[] {
  return pendingTracks(state).flatMap((track) =>
    track.corrections.map((one) => ({
      id: `${track.language}:${one.correction + 1}`,
      state: one.state,
      lines: correctionLines(one),
    })),
  )
}

function settleCorrections(
  state: Correctable,
  ids: readonly string[],
  keep: 'yours' | 'computed',
): ReturnType<NonNullable<Overlay['settle']>> {
  const tracks: Record<string, readonly Correction[]> = { ...tracksOf(state) }
  for (const track of pendingTracks(state)) {
    const { language } = track
    const chosen = track.corrections.flatMap(({ correction }) =>
      ids.includes(`${language}:${correction + 1}`) ? [correction] : [],
    )
    tracks[language] = settle(tracks[language] ?? [], track, chosen, keep)
  }
  return correctionsFile(tracks)
}

/** Returns the corrections by language; throws where the file has another form, which must not be written over. */
function tracksOf({ corrections }: Correctable): Readonly<Record<string, readonly Correction[]>> {
  if (corrections === undefined) return {}
  const known = valueAs(Corrections, corrections)
  if (known === undefined) throw new Error('corrections.json is not a file of corrections: mend it, or move it away')
  return known.tracks
}

/** Returns the tracks with corrections that no run has merged yet. */
function pendingTracks(state: Correctable): readonly MergedTrack[] {
  const known = tracksOf(state)
  const tracks = valueAs(MergedTracks, state.outputs.merged) ?? []
  return tracks.map(({ pieces, corrections: _, ...options }) => {
    const computed = pieces.flatMap((piece) => piece.computed)
    return mergeCorrections(computed, known[options.language] ?? [], options)
  })
}

const srt = { write: formatSrt, read: (text: string) => readEdited(apart(text), strayLine(text, inNoCue)) }
const vtt = {
  write: formatVtt,
  read(text: string): ReturnType<typeof readCues> {
    // Notes and names of cues are in none.
    const found = readEdited(text, strayLine(text, likeCueTime))
    return found.ok
      ? { ok: true, value: found.value.map((cue) => ({ ...cue, lines: cue.lines.map(unescaped) })) }
      : found
  },
}

/** Sets cues apart between which the empty line was deleted: else the number of the second would be a line of the first. */
function apart(text: string): string {
  return text.replace(/([^\r\n])(\r?\n)(?=\d+\r?\n[\d:.,]+[ \t]+-->)/g, '$1$2$2')
}

const inNoCue = /[^\d\s]/
const likeCueTime = /^\s*\d+:\d\d[\d:.,]*[^\p{L}\d]+\d+:\d\d[\d:.,]*\s*$/u

/** Returns the cues of a file that was edited, or what is wrong with it. A slip must not delete a cue without a word. */
function readEdited(text: string, stray: string | undefined): ReturnType<typeof readCues> {
  const found = readCues(text)
  if (!found.ok) return { ok: false, error: `'${found.error}' is not a cue time` }
  return stray === undefined
    ? found
    : { ok: false, error: `'${stray}' is in no cue: is a cue time mistyped, or an empty line within a cue?` }
}

/** Returns the first line like this that is in no cue, or looks like a mistyped time. */
function strayLine(text: string, pattern: RegExp): string | undefined {
  let isInCue = false
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (line.includes('-->')) isInCue = true
    else if (line === '') isInCue = false
    else if (likeCueTime.test(line) || (!isInCue && pattern.test(line))) return line
  }
  return undefined
}

/** Characters that WebVTT escapes, behind its markup. */
function unescaped(line: string): string {
  const plain = line.replace(markup, '')
  return plain.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&nbsp;', ' ').replaceAll('&amp;', '&')
}

function takeSubtitles(edit: HandEdit): TakenByHand {
  const { outputs, files, isPending = false } = edit
  const merged = isPending ? pendingTracks(edit) : valueAs(MergedTracks, outputs.merged)
  const tracks: Record<string, readonly Correction[]> = { ...tracksOf(edit) }
  const refused: { path: string; why: string }[] = []
  const whole: string[] = []
  const madeBy = new Map<string, { readonly path: string; readonly made: readonly Correction[] }>()
  let changed = 0
  for (const { path, text } of files) {
    const [, language, format] = editedFile.exec(path) ?? []
    const track = merged?.find((one) => one.language === language)
    const { write, read } = format === 'vtt' ? vtt : srt
    const edited = read(text)
    if (language === undefined) refused.push({ path, why: `corrections are taken from tracks/*.srt and *.vtt` })
    else if (track === undefined) refused.push({ path, why: `the track that it was made from is not known any more` })
    else if (!edited.ok) refused.push({ path, why: edited.error })
    else if (edited.value.length === 0 && shownOf(track).length > 0) refused.push({ path, why: 'it has no cues' })
    else {
      const cues = edited.value.flatMap(spokenCue)
      const shown = read(write(shownOf(track)))
      const taken = takeEdit(tracks[language] ?? [], track, { shown: shown.ok ? shown.value : [], edited: cues })
      const earlier = madeBy.get(language)
      if (earlier !== undefined && !holdsAll(taken.corrections, earlier.made)) {
        refused.push({ path, why: `${earlier.path} corrects the same cues otherwise: correct them in one of both` })
        continue
      }
      const known = tracks[language] ?? []
      const made = taken.corrections.filter((one) => !holdsAll(known, [one]))
      madeBy.set(language, { path: earlier?.path ?? path, made: [...(earlier?.made ?? []), ...made] })
      tracks[language] = taken.corrections
      changed += taken.changed
      if (isSameFile(write(cues), text)) whole.push(path)
    }
  }
  return { corrections: correctionsFile(tracks), changed, whole, refused }
}

function holdsAll(corrections: readonly Correction[], wanted: readonly Correction[]): boolean {
  const texts = new Set(corrections.map(({ base, cues }) => JSON.stringify([base, cues])))
  return wanted.every(({ base, cues }) => texts.has(JSON.stringify([base, cues])))
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

/** Returns the content of a file of corrections, as JSON. */
function correctionsFile(
  tracks: Readonly<Record<string, readonly Correction[]>>,
): ReturnType<NonNullable<Overlay['settle']>> {
  const cues = (list: readonly Cue[]) =>
    list.map(({ startMs, endMs, lines }) => ({ startMs, endMs, lines: [...lines] }))
  const corrected = Object.entries(tracks).filter(([, corrections]) => corrections.length > 0)
  return {
    version: 1,
    tracks: Object.fromEntries(
      corrected.map(([language, list]) => [
        language,
        list.map((correction) => ({ base: cues(correction.base), cues: cues(correction.cues) })),
      ]),
    ),
  }
}
