import { languageCode } from '../languages/languages.ts'
import { keptStreams } from '../media/kept-streams.ts'
import type { Media } from '../tools/ffprobe.ts'
import { type Container, defaultTrack } from './mux-args.ts'
import type { TrackIndex } from './tracks.ts'

/** How far a stream's end may be from its source's: a frame of video, a few of audio. */
const toleranceS = 0.5

/** What a film with subtitles must be. */
export interface ExpectedFilm {
  readonly container: Container
  /** What was muxed. */
  readonly source: Media
  readonly index: TrackIndex
}

/** Returns what is wrong with a film: its streams, their ends, the languages and titles of its tracks, the default one. */
export function checkFilm(film: Media, expected: ExpectedFilm): string[] {
  return [...checkStreams(film, expected.source), ...checkTracks(film, expected)]
}

function checkStreams(film: Media, source: Media): string[] {
  const [made, given] = [keptStreams(film), keptStreams(source)]
  const problems: string[] = []
  if ((made.video === undefined) !== (given.video === undefined)) {
    problems.push(
      given.video === undefined ? 'it has a picture, and the film has none' : 'it has no picture, and the film has one',
    )
  }
  if (made.audio.length !== given.audio.length) {
    problems.push(`it has ${made.audio.length} audio tracks, and the film has ${given.audio.length}`)
  }
  const pairs = [
    [made.video, given.video] as const,
    ...made.audio.map((stream, track) => [stream, given.audio[track]] as const),
  ]
  for (const [stream, from] of pairs) {
    const [endS, fromEndS] = [stream?.endsS[0], from?.endsS[0]]
    if (stream === undefined || from === undefined || endS === undefined || fromEndS === undefined) continue
    if (stream.endsS.some((end) => from.endsS.some((other) => Math.abs(end - other) <= toleranceS))) continue
    problems.push(`its ${stream.kind} ends at ${endS.toFixed(3)} s, and the film's at ${fromEndS.toFixed(3)} s`)
  }
  return problems
}

function checkTracks(film: Media, { container, index }: ExpectedFilm): string[] {
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
    const isDefault = position === defaultTrack(index)
    if (track.isDefault !== isDefault) problems.push(`${where} is ${isDefault ? 'not ' : ''}the default one`)
  }
  return problems
}
