import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFilm } from '../../../stages/subtitles/check-film.ts'
import { cutArgs, muxArgs } from '../../../stages/subtitles/mux-args.ts'
import { filmTimesPath } from '../../../stages/subtitles/mux-film.ts'
import type { MuxPlan } from '../../../stages/subtitles/mux-plan.ts'
import { filesOf, type TrackIndex } from '../../../stages/subtitles/tracks.ts'
import type { Media, MediaStream } from '../../../stages/tools/ffprobe.ts'

const track = (language: string, title: string) => ({
  language,
  title,
  files: filesOf(language),
})
const index: TrackIndex = [track('en', 'English'), track('es', 'Español')]
const encode = { quality: 20, encodeThreads: 4 }

function media(...streams: readonly Partial<MediaStream>[]): Media {
  const plain = {
    channels: 1,
    sampleRateHz: 48_000,
    language: 'und',
    title: undefined,
    handler: undefined,
    isDefault: false,
    isPicture: false,
    turn: undefined,
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

function mux(container: 'mp4' | 'mkv', film = talk, isEncoded = (_: MediaStream) => false) {
  const streams = film.streams.filter(({ kind }) => kind !== 'subtitle')
  const plan: MuxPlan = {
    container,
    streams: streams.map((stream) => ({ stream, isEncoded: isEncoded(stream) })),
    leftOut: [],
  }
  return muxArgs({
    film: '/i/video',
    clock: ['-fflags', '+genpts'],
    plan,
    tracks: '/i/tracks',
    index,
    encode,
    output: `/o/film.${container}`,
  })
}

describe('muxArgs', () => {
  it('copies the film and adds a track for each language, the last one the default', () => {
    const args = mux('mp4')
    expect(valuesOf(args, '-i')).toEqual(['file:/i/video', 'file:/i/tracks/en.srt', 'file:/i/tracks/es.srt'])
    expect(valuesOf(args, '-map')).toEqual(['0:0', '0:1', '1:0', '2:0'])
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

  it('encodes what is planned so, and copies the rest', () => {
    const web = media({ kind: 'video', codec: 'vp8' }, {}, { codec: 'pcm_s24le', channels: 24 })
    const args = mux('mp4', web, ({ codec }) => codec !== 'aac')
    expect(['-c:v', '-c:a:0', '-c:a:1'].flatMap((option) => valuesOf(args, option))).toEqual(['libx264', 'copy', 'aac'])
    expect(valuesOf(args, '-filter:a:1').join()).toMatch(
      /^pan=stereo\|c0=1\.000\*c0\+.*\*c23,alimiter=.*,aresample=async=1,aformat=/,
    )
    expect(mux('mkv', web)).not.toContain('libx264')
  })

  it('gives each channel as much as it is worth, by the coder that takes half the time', () => {
    const bits = (stream: Partial<MediaStream>) => {
      const args = mux('mp4', media({ codec: 'flac', ...stream }), () => true)
      expect(valuesOf(args, '-aac_coder:a:0')).toEqual(['fast'])
      return valuesOf(args, '-b:a:0').join()
    }
    expect([1, 2, 6, 24].map((channels) => bits({ channels }))).toEqual(['96000', '192000', '576000', '192000'])
    expect([8000, 16_000, 0].map((sampleRateHz) => bits({ sampleRateHz }))).toEqual(['32000', '64000', '96000'])
  })

  it('writes a language with a region as an mp4 can hold it', () => {
    const film = media({ language: 'en-GB' }, { language: 'zh-Hant' }, { language: 'fra' })
    const languages = (container: 'mp4' | 'mkv') =>
      [0, 1, 2].map((at) => valuesOf(mux(container, film), `-metadata:s:a:${at}`).join())
    expect(languages('mp4')).toEqual(['language=eng', 'language=zho', ''])
    expect(languages('mkv')).toEqual(['', '', ''])
  })

  it('names HEVC as Apple does, in mp4', () => {
    const hevc = media({ kind: 'video', codec: 'hevc' }, {})
    expect(valuesOf(mux('mp4', hevc), '-tag:v')).toEqual(['hvc1'])
    expect(valuesOf(mux('mkv', hevc), '-tag:v')).toEqual([])
  })
})

describe('cutArgs', () => {
  it('encodes the clip with a fixed number of threads', () => {
    const cut = (clip: object, film = talk) =>
      cutArgs({
        film: '/i/video',
        clock: [],
        media: film,
        streams: film.streams.slice(0, 2),
        output: '/t/clip.mp4',
        clip: { ...encode, ...clip },
      })
    const args = cut({ clipStartS: 2.5, clipEndS: 4 })
    expect([valuesOf(args, '-ss'), valuesOf(args, '-t')]).toEqual([['2.5'], ['1.5']])
    expect([valuesOf(args, '-crf'), valuesOf(args, '-threads:v')]).toEqual([['20'], ['4']])
    expect(valuesOf(cut({ clipStartS: 2.5 }), '-t')).toEqual([])
    expect(valuesOf(cut({ clipEndS: 4 }), '-ss')).toEqual([])
    const broadcast = cut({ clipStartS: 2.5, clipEndS: 4 }, { ...talk, format: 'mpegts' })
    expect(broadcast.indexOf('-ss')).toBeGreaterThan(broadcast.indexOf('-i'))
    expect(valuesOf(broadcast, '-t')).toEqual(['1.5'])
  })
})

describe('checkFilm', () => {
  const english = { kind: 'subtitle', codec: 'mov_text', language: 'eng', handler: 'English', title: 'English' }
  const spanish = { ...english, language: 'spa', handler: 'Español', title: 'Español', isDefault: true }
  const good = media({ kind: 'video', codec: 'h264' }, {}, english, spanish)
  const span = { startS: 0, lastS: 7.96, endS: 8 }
  const streams = ['video', 'audio'].map((kind) => ({ kind, isEncoded: false }))
  const check = (
    film: Media,
    container: 'mp4' | 'mkv' = 'mp4',
    spans: readonly (typeof span | undefined)[] = [span, span],
  ) => checkFilm({ media: film, spans }, { container, streams, spans: [span, span], index })

  it('has nothing against a good film', () => {
    expect(check(good)).toEqual([])
    expect(check(good, 'mkv')).toEqual([])
  })

  it('takes the times of what was encoded as they are', () => {
    const encoded = streams.map((stream) => ({ ...stream, isEncoded: true }))
    const expected = { container: 'mp4', streams: encoded, spans: [span, span], index } as const
    expect(checkFilm({ media: good, spans: [span, { ...span, lastS: 3 }] }, expected)).toEqual([])
  })

  it.each([
    ['0 pictures, and the film has 1', media({}, english, spanish)],
    ['0 audio tracks, and the film has 1', media({ kind: 'video' }, english, spanish)],
    ['1 subtitle tracks, not 2', media({ kind: 'video' }, {}, english)],
    ['track 2 is in fra, not in es', media({ kind: 'video' }, {}, english, { ...spanish, language: 'fra' })],
    [
      'track 2 is called SubtitleHandler',
      media({ kind: 'video' }, {}, english, { ...spanish, handler: 'SubtitleHandler' }),
    ],
    ['track 2 is not the default one', media({ kind: 'video' }, {}, english, { ...spanish, isDefault: false })],
    ['track 1 is the default one', media({ kind: 'video' }, {}, { ...english, isDefault: true }, spanish)],
  ])('finds what is wrong: %s', (problem, film) => {
    expect(check(film)).toEqual([expect.stringContaining(problem)])
  })

  it.each([
    ["audio ends at 3.000 s, and the film's at 7.960 s", { ...span, lastS: 3 }],
    ["audio starts at 2.000 s, and the film's at 0.000 s", { ...span, startS: 2 }],
    ['audio is empty', undefined],
  ])('finds times that are not those of the film: %s', (problem, found) => {
    expect(check(good, 'mp4', [span, found])).toEqual([expect.stringContaining(problem)])
  })
})

it('the times of a film with many streams have a file of their own, whose name is short enough', () => {
  const names = [1, 100, 101].map((count) =>
    basename(filmTimesPath('dir', media(...Array.from({ length: count }, () => ({}))).streams)),
  )
  expect(new Set(names).size).toBe(3)
  expect(Math.max(...names.map((name) => name.length))).toBeLessThan(256)
})
