import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demux, mux, Translation, translate } from '../../../stages/index.ts'
import { runStage } from '../../rig/stage-context.ts'
import {
  checked,
  ffmpegMakes,
  makeSample,
  mediaDirectory,
  type PipelineRun,
  packets,
  probe,
  runStages,
  spoken,
} from '../sample.ts'

// A file name with everything in it that a careless program trips over.
const media = mediaDirectory('it\'s "odd" \n -x %d ñ日')
const { dir } = media
const talk = join(dir, 'talk.mp4')
let first: PipelineRun
beforeAll(async () => {
  await makeSample(talk)
  first = await runStages({ video: talk, dir, to: ['es'] })
})
afterAll(media.remove)

const mp4 = () => first.runs.mux.paths.mp4 ?? ''
const mkv = () => first.runs.mux.paths.mkv ?? ''
const track = (name: string, run = first) => readFileSync(join(run.runs.subtitles.paths.tracks ?? '', name), 'utf8')

function sameBytes(one = '', other = ''): boolean {
  return readFileSync(one).equals(readFileSync(other))
}

describe('a talking film', () => {
  it('is recognized word by word', () => {
    expect(first.speech.utterances.map(({ text }) => text)).toEqual(spoken)
    const words = first.speech.utterances.flatMap(({ words }) => words)
    expect(words[0]).toMatchObject({ text: 'good', startS: expect.closeTo(0.16, 1) })
    for (const { confidence } of words) expect(confidence).toBeLessThanOrEqual(1)
  })

  it('is translated, utterance by utterance', () => {
    expect(first.translations.map(({ language, unknownWords }) => [language, unknownWords])).toEqual([['es', 0]])
    expect(first.translations[0]?.utterances.map(({ text }) => text.toLowerCase())).toEqual([
      'buenos días y bienvenido al taller',
      'hoy hablaremos sobre la historia de nuestra ciudad',
    ])
    expect(first.translations[0]?.utterances.map(({ startS }) => startS)).toEqual(
      first.speech.utterances.map(({ startS }) => startS),
    )
  })

  it('has subtitles in three formats, which ffmpeg reads as the same cues', async () => {
    expect(first.index.map(({ language, title }) => [language, title])).toEqual([
      ['en', 'English'],
      ['es', 'Español'],
    ])
    expect(track('es.srt')).toContain('historia de nuestra ciudad')
    expect(track('en.vtt')).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> /)
    const tracks = first.runs.subtitles.paths.tracks ?? ''
    for (const name of ['en', 'es']) {
      const [srt, vtt, ass] = await Promise.all(
        ['srt', 'vtt', 'ass'].map((format) =>
          packets(join(tracks, `${name}.${format}`), 's:0', 'pts_time,duration_time'),
        ),
      )
      expect(srt).toHaveLength(2)
      expect([vtt, ass]).toEqual([srt, srt])
    }
  })

  it('becomes an mp4 and an mkv with a track a language, the last one the default', async () => {
    for (const [path, name] of [
      [mp4(), 'handler'],
      [mkv(), 'title'],
    ] as const) {
      const { streams } = await probe(path)
      expect(streams.map(({ kind, codec }) => `${kind} ${codec}`).slice(0, 2)).toEqual(['video h264', 'audio aac'])
      const tracks = streams.filter(({ kind }) => kind === 'subtitle')
      expect(tracks.map((stream) => [stream.language, stream[name], stream.isDefault])).toEqual([
        ['eng', 'English', false],
        ['spa', 'Español', true],
      ])
    }
  })

  it('keeps its picture and sound as they are', async () => {
    for (const stream of ['v:0', 'a:0']) {
      const digests = await packets(talk, stream, 'data_hash')
      expect(digests.length).toBeGreaterThan(50)
      expect(await packets(mp4(), stream, 'data_hash')).toEqual(digests)
      expect(await packets(mkv(), stream, 'data_hash')).toEqual(digests)
    }
  })

  it('shows its subtitles at the same time in the mkv as in the mp4', async () => {
    const starts = async (path: string) => {
      const [video] = await packets(path, 'v:0', 'pts_time')
      const cues = await packets(path, 's:0', 'pts_time,size')
      const shown = cues.map((line) => line.split(',').map(Number)).filter(([, size = 0]) => size > 2)
      return shown.map(([startS = 0]) => startS - Number(video))
    }
    const inMkv = await starts(mkv())
    for (const [index, startS] of (await starts(mp4())).entries()) expect(inMkv[index]).toBeCloseTo(startS, 1)
  })

  it('tells its progress, from the first second to the last', () => {
    for (const { progress } of [first.runs.demux, first.runs.recognize, first.runs.mux]) {
      expect(progress.length).toBeGreaterThan(1)
      expect([...progress].sort((a, b) => a - b)).toEqual(progress)
      expect(progress.at(-1)).toBeLessThanOrEqual(1)
    }
    expect(first.runs.mux.progress.at(-1)).toBe(1)
  })

  it('comes out with the same bytes again', async () => {
    const again = await runStages({ video: talk, dir, to: ['es'] })
    expect(again.speech).toEqual(first.speech)
    expect(again.translations).toEqual(first.translations)
    for (const format of ['srt', 'vtt', 'ass']) expect(track(`es.${format}`, again)).toBe(track(`es.${format}`))
    for (const name of ['mp4', 'mkv']) {
      expect(sameBytes(again.runs.mux.paths[name], first.runs.mux.paths[name]), name).toBe(true)
    }
  })

  it('has the same sound under another title, and under a name without an ending', async () => {
    const retitled = await ffmpegMakes(
      join(dir, 'retitled.mp4'),
      '-i',
      talk,
      '-c',
      'copy',
      '-metadata',
      'title=Another, title',
    )
    const unnamed = join(dir, 'film')
    copyFileSync(retitled, unnamed)
    const { paths, values } = await runStage(demux, { dir, inputs: { video: unnamed } })
    expect(values.info).toEqual(first.info)
    expect(sameBytes(paths.audio, first.runs.demux.paths.audio)).toBe(true)
  })
})

describe('a clip', () => {
  it('is cut exactly, and its subtitles begin with it', async () => {
    const clip = { clipStartS: 3.5, clipEndS: 7 }
    const run = await runStages({ video: talk, dir, clip })
    expect(run.info.durationS).toBe(3.5)
    expect(run.speech.utterances.map(({ text }) => text)).toEqual(spoken.slice(1))
    const [whole, cut] = [first.speech.utterances[1], run.speech.utterances[0]]
    expect(cut?.startS).toBeCloseTo((whole?.startS ?? 0) - clip.clipStartS, 1)
    const film = await probe(run.runs.mux.paths.mp4 ?? '')
    expect(Math.abs((film.durationS ?? 0) - 3.5)).toBeLessThanOrEqual(0.04)
    expect(film.streams[2]).toMatchObject({ language: 'eng', isDefault: true })
    const inputs = { video: talk, tracks: run.runs.subtitles.paths.tracks, index: run.index }
    const again = await runStage(mux, { dir, inputs, params: clip })
    for (const name of ['mp4', 'mkv']) expect(sameBytes(again.paths[name], run.runs.mux.paths[name]), name).toBe(true)
  })
})

describe('translate', () => {
  it('keeps utterances apart, empty ones and odd characters too', async () => {
    const texts = [
      'today we will talk about the red',
      '',
      'house of our city',
      '*',
      'the blorfing [river] {is} <b>very</b> \\N ^x$ @me',
      '🎬',
      'thank you',
    ]
    const utterances = texts.map((text, index) => ({ startS: index, endS: index + 1, text, words: [] }))
    const speech = { language: 'en', durationS: 9, utterances }
    const { values } = await runStage(translate, { dir, inputs: { speech }, params: { from: 'en', to: 'es' } })
    const translation = checked(Translation, values.translation)
    const translated = translation.utterances.map(({ text }) => text)
    expect(translation.unknownWords).toBeGreaterThan(0)
    expect(translated).toHaveLength(texts.length)
    expect(translated[0]?.toLowerCase()).toBe('hoy hablaremos sobre el rojo')
    expect(translated[1]).toBe('')
    expect(translated[2]?.toLowerCase()).toBe('casa de nuestra ciudad')
    expect(translated[3]).toBe('')
    expect(translated[4]).toMatch(/blorfing.*\[.*\].*\{es\}/)
    expect(translated[4]).not.toContain('*')
    expect(translated[5]).toBe('🎬')
    expect(translated[6]).toBe('gracias')
  })
})
