import { describe, expect, it } from 'vitest'
import { checkFilm } from '../../../stages/subtitles/check-film.ts'
import { cutArgs, muxArgs, unholdable } from '../../../stages/subtitles/mux-args.ts'
import type { TrackIndex } from '../../../stages/subtitles/tracks.ts'
import type { Media, MediaStream } from '../../../stages/tools/ffprobe.ts'

const track = (language: string, title: string) => ({
  language,
  title,
  files: { srt: `${language}.srt`, vtt: `${language}.vtt`, ass: `${language}.ass` },
})
const index: TrackIndex = [track('en', 'English'), track('es', 'Español')]
const encode = { quality: 20, encodeThreads: 4 }

function media(...streams: readonly Partial<MediaStream>[]): Media {
  const plain = {
    endsS: [8],
    language: 'und',
    title: undefined,
    handler: undefined,
    isDefault: false,
    isPicture: false,
  }
  return {
    format: 'mov,mp4',
    durationS: 8,
    startS: 0,
    streams: streams.map((stream, position) => ({ ...plain, index: position, kind: 'audio', codec: 'aac', ...stream })),
  }
}
const talk = media({ kind: 'video', codec: 'h264' }, {}, { kind: 'subtitle', codec: 'subrip' })

/** The arguments after an option. */
const valuesOf = (args: readonly string[], option: string) =>
  args.flatMap((arg, position) => (arg === option ? [args[position + 1]] : []))

function mux(container: 'mp4' | 'mkv', film = talk) {
  const output = `/o/film.${container}`
  return muxArgs({ film: '/i/video', media: film, tracks: '/i/tracks', index, encode, container, output })
}

describe('muxArgs', () => {
  it('copies the film and adds a track for each language, the last one the default', () => {
    const args = mux('mp4')
    expect(valuesOf(args, '-i')).toEqual(['file:/i/video', 'file:/i/tracks/en.srt', 'file:/i/tracks/es.srt'])
    expect(valuesOf(args, '-map')).toEqual(['0:V:0?', '0:a?', '1:0', '2:0'])
    expect(['-c:v', '-c:a:0'].flatMap((option) => valuesOf(args, option))).toEqual(['copy', 'copy'])
    expect(valuesOf(args, '-c:s')).toEqual(['mov_text'])
    expect(valuesOf(args, '-metadata:s:s:1')).toEqual(['language=spa', 'handler_name=Español'])
    expect([...valuesOf(args, '-disposition:s:0'), ...valuesOf(args, '-disposition:s:1')]).toEqual(['0', 'default'])
    expect(args.at(-1)).toBe('file:/o/film.mp4')
    expect(args).not.toContain('libx264')
  })

  it('titles the tracks of an mkv, and leaves its random ids out', () => {
    const args = mux('mkv')
    expect(valuesOf(args, '-metadata:s:s:0')).toEqual(['language=eng', 'title=English'])
    expect(valuesOf(args, '-fflags')).toEqual(['+genpts', '+bitexact'])
    expect(valuesOf(args, '-f').at(-1)).toBe('matroska')
  })

  it('encodes for mp4 what it cannot hold, and copies it to mkv', () => {
    const web = media({ kind: 'video', codec: 'vp8' }, {}, { codec: 'pcm_s16le' })
    expect(unholdable(web, 'mp4').map(({ codec }) => codec)).toEqual(['vp8', 'pcm_s16le'])
    expect(valuesOf(mux('mp4', web), '-c:v')).toEqual(['libx264'])
    expect(valuesOf(mux('mp4', web), '-c:a:1')).toEqual(['aac'])
    expect(valuesOf(mux('mp4', web), '-c:a:0')).toEqual(['copy'])
    expect(unholdable(web, 'mkv')).toEqual([])
    expect(valuesOf(mux('mkv', web), '-c:v')).toEqual(['copy'])
    expect(mux('mkv', web)).not.toContain('libx264')
  })

  it('names HEVC as Apple does, in mp4', () => {
    const hevc = media({ kind: 'video', codec: 'hevc' }, {})
    expect(valuesOf(mux('mp4', hevc), '-tag:v')).toEqual(['hvc1'])
    expect(valuesOf(mux('mkv', hevc), '-tag:v')).toEqual([])
  })
})

describe('cutArgs', () => {
  it('encodes the clip with a fixed number of threads', () => {
    const args = cutArgs('/i/video', '/t/clip.mp4', { clipStartS: 2.5, clipEndS: 4 }, encode)
    expect([valuesOf(args, '-ss'), valuesOf(args, '-t')]).toEqual([['2.5'], ['1.5']])
    expect([valuesOf(args, '-crf'), valuesOf(args, '-threads:v')]).toEqual([['20'], ['4']])
    expect(valuesOf(cutArgs('/i/video', '/t/c.mp4', { clipStartS: 2.5 }, encode), '-t')).toEqual([])
    expect(valuesOf(cutArgs('/i/video', '/t/c.mp4', { clipEndS: 4 }, encode), '-ss')).toEqual([])
  })
})

describe('checkFilm', () => {
  const english = { kind: 'subtitle', codec: 'mov_text', language: 'eng', handler: 'English', title: 'English' }
  const spanish = { ...english, language: 'spa', handler: 'Español', title: 'Español', isDefault: true }
  const good = media({ kind: 'video', codec: 'h264' }, {}, english, spanish)
  const check = (film: Media, container: 'mp4' | 'mkv' = 'mp4') => checkFilm(film, { container, source: talk, index })

  it('has nothing against a good film', () => {
    expect(check(good)).toEqual([])
    expect(check(good, 'mkv')).toEqual([])
  })

  it('takes an end that the film may have meant', () => {
    const late = media({ kind: 'video', codec: 'h264' }, { endsS: [10, 8] })
    const made = media({ kind: 'video', codec: 'h264' }, { endsS: [10.1] }, english, spanish)
    expect(checkFilm(made, { container: 'mkv', source: late, index })).toEqual([])
  })

  it.each([
    ['no picture', media({}, english, spanish)],
    ['0 audio tracks, and the film has 1', media({ kind: 'video' }, english, spanish)],
    ['1 subtitle tracks, not 2', media({ kind: 'video' }, {}, english)],
    ['track 2 is in fra, not in es', media({ kind: 'video' }, {}, english, { ...spanish, language: 'fra' })],
    [
      'track 2 is called SubtitleHandler',
      media({ kind: 'video' }, {}, english, { ...spanish, handler: 'SubtitleHandler' }),
    ],
    ['track 2 is not the default one', media({ kind: 'video' }, {}, english, { ...spanish, isDefault: false })],
    ['track 1 is the default one', media({ kind: 'video' }, {}, { ...english, isDefault: true }, spanish)],
    ["audio ends at 3.000 s, and the film's at 8.000 s", media({ kind: 'video' }, { endsS: [3] }, english, spanish)],
  ])('finds what is wrong: %s', (problem, film) => {
    expect(check(film)).toEqual([expect.stringContaining(problem)])
  })
})
