import { languageCode } from '../languages/languages.ts'
import { keptList } from '../media/kept-streams.ts'
import type { StreamSpan } from '../media/timeline.ts'
import type { Media } from '../tools/ffprobe.ts'
import { defaultTrack, type TrackFlags } from './mux-args.ts'
import type { Container } from './mux-plan.ts'
import type { TrackIndex } from './tracks.ts'

/** How far a stream may be from where it is in its source: a frame of video, a few of audio. */
const toleranceS = 0.5

/** A film with its streams' times, the picture first. */
export interface TimedFilm {
  readonly media: Media
  readonly spans: readonly (StreamSpan | undefined)[]
}

/** What a film with subtitles must be. */
export interface ExpectedFilm {
  readonly container: Container
  /** The streams that were muxed, and their times. */
  readonly streams: readonly { readonly kind: string; readonly isEncoded: boolean }[]
  readonly spans: readonly (StreamSpan | undefined)[]
  readonly index: TrackIndex
  readonly flags?: TrackFlags
}

/** Returns what is wrong with a film: its streams, their times, the languages and titles of its tracks, the default one. */
export function checkFilm(film: TimedFilm, expected: ExpectedFilm): string[] {
  return [...checkStreams(film, expected), ...checkTracks(film.media, expected)]
}

function checkStreams({ media, spans }: TimedFilm, expected: ExpectedFilm): string[] {
  const made = keptList(media)
  const problems: string[] = []
  for (const [kind, name] of [
    ['video', 'pictures'],
    ['audio', 'audio tracks'],
  ] as const) {
    const count = made.filter((stream) => stream.kind === kind).length
    const wanted = expected.streams.filter((stream) => stream.kind === kind).length
    if (count !== wanted) problems.push(`it has ${count} ${name}, and the film has ${wanted}`)
  }
  return problems.length > 0 ? problems : checkTimes(spans, expected)
}

/** Times that are not the film's. Of what was encoded they may be: where a recording is damaged, it has less in it. */
function checkTimes(spans: TimedFilm['spans'], expected: ExpectedFilm): string[] {
  const problems: string[] = []
  for (const [position, { kind, isEncoded }] of expected.streams.entries()) {
    const [span, from] = [spans[position], expected.spans[position]]
    if (from === undefined || isEncoded) continue
    if (span === undefined) problems.push(`its ${kind} is empty`)
    else if (isApart(span.startS, from.startS))
      problems.push(`its ${kind} starts at ${span.startS.toFixed(3)} s, and the film's at ${from.startS.toFixed(3)} s`)
    else if (isApart(span.lastS, from.lastS))
      problems.push(`its ${kind} ends at ${span.lastS.toFixed(3)} s, and the film's at ${from.lastS.toFixed(3)} s`)
  }
  return problems
}

function isApart(oneS: number, otherS: number): boolean {
  return Math.abs(oneS - otherS) > toleranceS
}

function checkTracks(film: Media, { container, index, flags }: ExpectedFilm): string[] {
  const tracks = film.streams.filter(({ kind }) => kind === 'subtitle')
  if (tracks.length !== index.length) return [`it has ${tracks.length} subtitle tracks, not ${index.length}`]
  const problems: string[] = []
  for (const [position, track] of tracks.entries()) {
    const { language, title } = index[position] ?? { language: '', title: '' }
    const where = `subtitle track ${position + 1}`
    const madeLanguage = languageCode(track.language ?? '')
    if (madeLanguage !== language)
      problems.push(`${where} is in ${track.language ?? 'no language'}, not in ${language}`)
    const madeTitle = container === 'mp4' ? track.handler : track.title
    if (madeTitle !== title) problems.push(`${where} is called ${madeTitle ?? 'nothing'}, not ${title}`)
    const isDefault = position === defaultTrack(index, flags)
    if (track.isDefault !== isDefault) problems.push(`${where} is ${isDefault ? 'not ' : ''}the default one`)
  }
  return problems
}
