import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatSrt } from '../../../stages/cues/srt.ts'
import { AudioInfo, demux, mux, type TrackIndex } from '../../../stages/index.ts'
import { filesOf } from '../../../stages/subtitles/tracks.ts'
import { runStage } from '../../rig/stage-context.ts'
import { checked, ffmpegMakes, mediaDirectory, packets, probe } from '../sample.ts'

const media = mediaDirectory()
const { dir } = media
const film = join(dir, 'film.mp4')
const tone = ['-f', 'lavfi', '-t', '6', '-i', 'sine=frequency=440']
const picture = ['-f', 'lavfi', '-t', '6', '-i', 'testsrc2=s=161x91:r=25']
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p']

beforeAll(async () => {
  await ffmpegMakes(film, ...picture, ...tone, ...x264, '-c:a', 'aac', '-movflags', '+faststart')
})
afterAll(media.remove)

const path = (name: string) => join(dir, name)

function demuxed(video: string, params: object = {}) {
  return runStage(demux, { dir, inputs: { video }, params })
}

/** Writes the first part of a file under another name. */
function cutOff(from: string, name: string, part: number): string {
  const bytes = readFileSync(from)
  writeFileSync(path(name), bytes.subarray(0, Math.floor(bytes.length * part)))
  return path(name)
}

function written(name: string, text: string): string {
  writeFileSync(path(name), text)
  return path(name)
}

/** Puts a film and one cue together. */
function muxed(video: string, params: object = {}) {
  const tracks = path('tracks')
  mkdirSync(tracks, { recursive: true })
  writeFileSync(join(tracks, 'en.srt'), formatSrt([{ startMs: 500, endMs: 1500, lines: ['hello'] }]))
  writeFileSync(join(tracks, 'es.srt'), '')
  const index: TrackIndex = ['en', 'es'].map((language) => ({
    language,
    title: language.toUpperCase(),
    files: filesOf(language),
  }))
  return runStage(mux, { dir, inputs: { video, tracks, index }, params })
}

const streamsOf = async (file = '') => (await probe(file)).streams.map(({ kind, codec }) => `${kind} ${codec}`)

describe('demux refuses', () => {
  it('text under the name of a film', async () => {
    await expect(demuxed(written('notes.mp4', 'Stream of thoughts\n'))).rejects.toThrow(
      /the input 'video' (cannot be read as a media file|is not a complete media file)/,
    )
  })

  it('an empty file', async () => {
    await expect(demuxed(written('empty.mp4', ''))).rejects.toThrow("the input 'video' cannot be read as a media file")
  })

  it.each([
    ['script.wav', 'ffconcat version 1.0\nfile film.mp4\n'],
    ['script.mp4', 'ffconcat version 1.0\nfile film.mp4\n'],
    ['list.mp4', '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfilm.mp4\n#EXT-X-ENDLIST\n'],
  ])('a script that names another file: %s', async (name, text) => {
    await expect(demuxed(written(name, text))).rejects.toThrow("the input 'video' is not a media file but '")
  })

  it('a film without sound', async () => {
    const silent = await ffmpegMakes(path('silent.mp4'), '-i', film, '-an', '-c', 'copy')
    await expect(demuxed(silent)).rejects.toThrow("the input 'video' has no sound")
  })

  it('a film cut off, its index at the front', async () => {
    await expect(demuxed(cutOff(film, 'cut.mp4', 0.6))).rejects.toThrow(
      /is cut off: \d\.\d s of 6\.\d s are there; get the whole file/,
    )
  })

  it('a film cut off, its index at the end', async () => {
    const plain = await ffmpegMakes(path('plain.mp4'), '-i', film, '-c', 'copy')
    await expect(demuxed(cutOff(plain, 'cut-plain.mp4', 0.6))).rejects.toThrow(
      'is not a complete media file: it is truncated',
    )
  })

  it('a long film cut off shortly before its end', async () => {
    const long = await ffmpegMakes(
      path('long.mp4'),
      '-stream_loop',
      '9',
      '-i',
      film,
      '-c',
      'copy',
      '-movflags',
      '+faststart',
    )
    expect(checked(AudioInfo, (await demuxed(long)).values.info).durationS).toBeCloseTo(60, 0)
    await expect(demuxed(cutOff(long, 'cut-long.mp4', 0.95))).rejects.toThrow(
      /is cut off: 5\d\.\d s of 60\.\d s are there/,
    )
  })

  it.each(['mkv', 'wav', 'avi'])('a file cut off: %s', async (ending) => {
    const codecs = ending === 'wav' ? ['-vn'] : ending === 'avi' ? ['-c:v', 'mpeg4'] : ['-c', 'copy']
    const whole = await ffmpegMakes(path(`whole.${ending}`), '-i', film, ...codecs)
    expect(checked(AudioInfo, (await demuxed(whole)).values.info).durationS).toBeCloseTo(6, 0)
    await expect(demuxed(cutOff(whole, `cut.${ending}`, 0.6))).rejects.toThrow(/cut off/)
  })

  it('a clip that starts after the end', async () => {
    await expect(demuxed(film, { clipStartS: 60 })).rejects.toThrow(
      /the clip starts at 60 s, and the input 'video' ends at 6\.\d+ s/,
    )
  })

  it('an audio track that is not there', async () => {
    await expect(demuxed(film, { audioTrack: 1 })).rejects.toThrow(
      "the input 'video' has 1 audio track, and audioTrack is 1",
    )
  })
})

describe('demux', () => {
  it.each(['ts', 'mp4', 'mkv'])(
    'keeps the time of sound that starts late, wherever its container starts counting: %s',
    async (ending) => {
      const late = await ffmpegMakes(
        path(`late.${ending}`),
        ...picture,
        '-itsoffset',
        '2',
        ...tone,
        ...x264,
        '-c:a',
        'aac',
        '-t',
        '6',
      )
      const { paths, values } = await demuxed(late)
      expect(checked(AudioInfo, values.info).durationS).toBeCloseTo(6, 0)
      const samples = new Int16Array(new Uint8Array(readFileSync(paths.audio ?? '').subarray(44)).buffer)
      const firstSound = samples.findIndex((sample) => Math.abs(sample) > 500)
      expect(firstSound / 16_000).toBeCloseTo(2, 1)
      const clip = await demuxed(late, { clipStartS: 1, clipEndS: 4 })
      expect(checked(AudioInfo, clip.values.info).durationS).toBeCloseTo(3, 1)
    },
  )

  it('takes the track that is asked for', async () => {
    const silence = ['-f', 'lavfi', '-t', '6', '-i', 'anullsrc']
    const two = await ffmpegMakes(path('two.mkv'), ...tone, ...silence, '-map', '0', '-map', '1', '-c:a', 'flac')
    const loudest = async (audioTrack: number) => {
      const { paths } = await demuxed(two, { audioTrack })
      return new Uint8Array(readFileSync(paths.audio ?? '').subarray(44)).reduce(
        (most, byte) => Math.max(most, byte),
        0,
      )
    }
    expect([await loudest(0), await loudest(1)]).toEqual([255, 0])
  })

  it('takes the track in the language that is spoken, else the one that players choose', async () => {
    const silence = ['-f', 'lavfi', '-t', '6', '-i', 'anullsrc']
    const languages = ['deu', 'eng', 'eng'].flatMap((code, at) => [`-metadata:s:a:${at}`, `language=${code}`])
    const played = ['-disposition:a:0', '0', '-disposition:a:2', 'default']
    const maps = ['-map', '0', '-map', '0', '-map', '1', '-c:a', 'flac']
    const three = await ffmpegMakes(path('three.mkv'), ...tone, ...silence, ...maps, ...languages, ...played)
    const taken = async (params: object) => (await demuxed(three, params)).log
    expect(await taken({ language: 'de' })).toEqual(['of 3 audio tracks, audioTrack=0 (deu) is taken'])
    expect(await taken({ language: 'en' })).toEqual(['of 3 audio tracks, audioTrack=2 (eng) is taken'])
    expect(await taken({ language: 'fr' })).toEqual(['of 3 audio tracks, audioTrack=2 (eng) is taken'])
    expect(await taken({ language: 'de', audioTrack: 1 })).toEqual(['of 3 audio tracks, audioTrack=1 (eng) is taken'])
  })

  it('ends a clip with the film', async () => {
    const { values } = await demuxed(film, { clipStartS: 4, clipEndS: 99 })
    expect(checked(AudioInfo, values.info).durationS).toBeCloseTo(2, 0)
  })
})

describe('mux', () => {
  it('keeps only the picture and the sound of the film, a track without cues among its own', async () => {
    const subtitles = written('old.srt', '1\n00:00:01,000 --> 00:00:02,000\nold\n\n')
    const cover = await ffmpegMakes(path('cover.png'), '-f', 'lavfi', '-i', 'testsrc2=s=32x32', '-frames:v', '1')
    const full = await ffmpegMakes(
      path('full.mp4'),
      ...['-i', film, '-i', subtitles, '-i', cover, '-map', '0', '-map', '1', '-map', '2'],
      ...['-c', 'copy', '-c:s', 'mov_text', '-disposition:v:1', 'attached_pic'],
    )
    const { paths } = await muxed(full)
    expect(await streamsOf(paths.mp4)).toEqual(['video h264', 'audio aac', 'subtitle mov_text', 'subtitle mov_text'])
    expect(await streamsOf(paths.mkv)).toEqual(['video h264', 'audio aac', 'subtitle subrip', 'subtitle subrip'])
  })

  it.each(['ts', 'mp4', 'mkv'])('takes sound that starts late, in %s', async (ending) => {
    const encoded = [...x264, '-c:a', 'aac']
    const late = await ffmpegMakes(path(`late-sound.${ending}`), ...picture, '-itsoffset', '2', ...tone, ...encoded)
    const { paths } = await muxed(late)
    for (const made of [paths.mp4 ?? '', paths.mkv ?? '']) {
      const [first] = await packets(made, 'a:0', 'pts_time')
      const [picturesFirst] = await packets(made, 'v:0', 'pts_time')
      expect(Number(first) - Number(picturesFirst)).toBeCloseTo(2, 0)
    }
  })

  it.each(['mp4', 'mkv', 'asf', 'flv'])('takes a film whose time does not start at zero, in %s', async (ending) => {
    const copied = ending === 'asf' ? ['-c:v', 'mpeg4', '-c:a', 'mp3'] : ['-pix_fmt', 'yuv420p']
    const offset = ['-output_ts_offset', '20']
    const shifted = await ffmpegMakes(path(`shifted.${ending}`), ...picture, ...tone, ...copied, ...offset)
    expect((await probe(shifted)).startS).toBeGreaterThan(19)
    expect(checked(AudioInfo, (await demuxed(shifted)).values.info).durationS).toBeCloseTo(6, 0)
    await expect(demuxed(shifted, { clipStartS: 10 })).rejects.toThrow('the clip starts at 10 s')
    const { paths } = await muxed(shifted)
    expect((await probe(paths.mkv ?? '')).durationS).toBeCloseTo(6, 0)
  })

  it('takes a talk without a picture', async () => {
    const talk = await ffmpegMakes(path('talk.wav'), ...tone)
    const { paths, warnings } = await muxed(talk)
    expect(await streamsOf(paths.mp4)).toEqual(['audio aac', 'subtitle mov_text', 'subtitle mov_text'])
    expect(await streamsOf(paths.mkv)).toEqual(['audio pcm_s16le', 'subtitle subrip', 'subtitle subrip'])
    expect(warnings).toEqual([
      "a copy of this film's audio (pcm_s16le) would not play in an mp4 as it does in the film: it is encoded again",
    ])
  })

  it('encodes for mp4 what it cannot hold, odd sizes too, and copies it to mkv', async () => {
    const web = await ffmpegMakes(
      path('web.webm'),
      '-i',
      film,
      '-c:v',
      'libvpx',
      '-deadline',
      'realtime',
      '-c:a',
      'libopus',
    )
    const { paths } = await muxed(web)
    expect((await streamsOf(paths.mp4)).slice(0, 2)).toEqual(['video h264', 'audio opus'])
    expect((await streamsOf(paths.mkv)).slice(0, 2)).toEqual(['video vp8', 'audio opus'])
  })

  it('encodes for mkv the few sounds that it cannot hold', async () => {
    const quicktime = await ffmpegMakes(path('old.mov'), ...picture, ...tone, ...x264, '-c:a', 'adpcm_ima_qt')
    const { paths } = await muxed(quicktime)
    expect((await streamsOf(paths.mkv)).slice(0, 2)).toEqual(['video h264', 'audio aac'])
  })

  it('takes a film whose pictures have no times, and leaves the brands of an mp4 out of an mkv', async () => {
    const disc = await ffmpegMakes(path('disc.mpg'), ...picture, ...tone, '-c:v', 'mpeg2video', '-bf', '2')
    expect(await packets(disc, 'v:0', 'pts_time')).toContain('N/A')
    const { paths } = await muxed(disc)
    expect(await packets(paths.mkv ?? '', 'v:0', 'pts_time')).not.toContain('N/A')
    const tagged = await muxed(film)
    expect(readFileSync(tagged.paths.mkv ?? '').includes('MAJOR_BRAND')).toBe(false)
  })

  it('has the same bytes with the same number of threads', async () => {
    const clip = { clipStartS: 1, clipEndS: 3 }
    const [one, other] = [await muxed(film, clip), await muxed(film, { ...clip, encodeThreads: 4 })]
    for (const name of ['mp4', 'mkv']) {
      expect(readFileSync(one.paths[name] ?? '').equals(readFileSync(other.paths[name] ?? ''))).toBe(true)
    }
    expect(await packets(one.paths.mp4 ?? '', 'v:0', 'pts_time')).toHaveLength(50)
  })

  it('reads the times of a film once for both containers, and tries both copies at once', async () => {
    const { started } = await muxed(film)
    const copies = started.filter((args) => args.includes('-c') && args.some((arg) => arg.endsWith('/in/video')))
    const formats = copies.map((args) => args.filter((_, at) => args[at - 1] === '-f'))
    expect(formats).toEqual([['mp4', 'matroska'], ['framecrc']])
  })

  it('refuses a clip that starts after the end', async () => {
    await expect(muxed(film, { clipStartS: 60 })).rejects.toThrow('the clip starts at 60 s')
  })

  it('does not open a script under the name of subtitles', async () => {
    copyFileSync(film, path('same.mp4'))
    const tracks = path('evil')
    mkdirSync(tracks)
    writeFileSync(join(tracks, 'en.srt'), `ffconcat version 1.0\nfile ${path('same.mp4')}\n`)
    const index: TrackIndex = [{ language: 'en', title: 'English', files: filesOf('en') }]
    const { paths } = await runStage(mux, { dir, inputs: { video: film, tracks, index } })
    expect(await streamsOf(paths.mkv)).toEqual(['video h264', 'audio aac', 'subtitle subrip'])
  })
})
