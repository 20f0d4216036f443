import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatSrt } from '../../../stages/cues/srt.ts'
import { formatVtt } from '../../../stages/cues/vtt.ts'
import { FitReport, retiming, shippedPipelines } from '../../../stages/index.ts'
import { wavFile } from '../../../stages/media/wav.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { checked } from '../sample.ts'
import { cuesFor, phrases, randomFrom, type Spoken } from './truth.ts'

const lengthS = 150
const spoken = phrases(lengthS)

/** Writes a recording in which there is sound when somebody speaks, and little noise otherwise. */
function writeTalk(path: string): string {
  const rateHz = 16_000
  const random = randomFrom(9)
  const samples = Int16Array.from({ length: lengthS * rateHz }, () => 40 * (random() - 0.5))
  for (const { startS, endS } of spoken)
    for (let at = Math.round(startS * rateHz); at < endS * rateHz; at += 1) samples[at] = 12_000 * (random() - 0.5)
  writeFileSync(path, wavFile({ sampleRateHz: rateHz, samples }))
  return path
}

const cuesOf = (cues: readonly Spoken[], move: (atS: number) => number) =>
  cues.map(({ startS, endS }, index) => ({
    startMs: Math.round(move(startS) * 1000),
    endMs: Math.round(move(endS) * 1000),
    lines: [`cue ${index + 1}`],
  }))

const right = cuesFor(spoken)

describe('the pipeline retime', () => {
  it('ships', async () => {
    expect(await shippedPipelines.get('retime')?.()).toBe(retiming)
  })

  it('leaves a right file as it is, fits a wrong one, listens once, and says what it did', async () => {
    const bench = await createWorkbench()
    const video = writeTalk(bench.path('talk.wav'))
    const subtitles = bench.path('talk.srt')
    const inputs = { video, subtitles }
    const bytes = formatSrt(cuesOf(right, (atS) => atS)).replaceAll('\n', '\r\n')
    writeFileSync(subtitles, bytes)
    const fitOf = () => checked(FitReport, JSON.parse(readFileSync(bench.path('job', '03_retime', 'fit.json'), 'utf8')))
    const made = (format: string) =>
      readFileSync(bench.path('job', '03_retime', 'retimed', `subtitles.${format}`), 'utf8')

    const first = await bench.run(retiming, { inputs })
    expect(first.result.failure).toBeUndefined()
    expect(first.executed).toEqual(['demux', 'listen', 'retime'])
    expect(fitOf().verdict).toBe('right')
    expect(made('srt')).toBe(bytes)

    writeFileSync(subtitles, formatSrt(cuesOf(right, (atS) => atS + 12.5)).replaceAll('\n', '\r\n'))
    const moved = await bench.run(retiming, { inputs })
    expect(moved.executed).toEqual(['retime'])
    expect(fitOf()).toMatchObject({ verdict: 'fitted', ratio: 1, leftOut: [] })
    expect(fitOf().pieces[0]?.offsetS).toBeCloseTo(-12.5, 1)
    expect(made('srt').split('\r\n')).toHaveLength(bytes.split('\r\n').length)
    expect(moved.of('stage_log').flatMap(({ level, line }) => (level === 'warn' ? [line] : []))).toEqual([
      expect.stringMatching(
        /^the \d+ subtitles were moved by -12\.\d\d s: voice in \d+ % of their time before, in \d+ % now$/,
      ),
    ])

    writeFileSync(subtitles, formatVtt(cuesOf(right, (atS) => (atS * 25) / 24)).replace('WEBVTT', 'WEBVTT - mine'))
    const stretched = await bench.run(retiming, { inputs })
    expect(stretched.executed).toEqual(['retime'])
    expect(fitOf()).toMatchObject({ verdict: 'fitted', format: 'vtt' })
    // In two and a half minutes, 24 and 23.976 frames a second are a seventh of a second apart.
    expect(fitOf().ratio).toBeCloseTo(0.96, 2)
    expect(made('vtt')).toMatch(/^WEBVTT - mine\n/)
    const page = readFileSync(bench.path('job', '03_retime', 'report.html'), 'utf8')
    expect(page).toContain(fitOf().speed)
    expect(page).not.toMatch(/NaN|undefined|https?:/)

    const warm = await bench.run(retiming, { inputs })
    expect(warm.executed).toEqual([])
  })

  it('leaves subtitles of another film, and says so', async () => {
    const bench = await createWorkbench()
    const video = writeTalk(bench.path('talk.wav'))
    const subtitles = bench.path('other.srt')
    const bytes = formatSrt(cuesOf(cuesFor(phrases(lengthS, 77)), (atS) => atS))
    writeFileSync(subtitles, bytes)
    const run = await bench.run(retiming, { inputs: { video, subtitles } })
    expect(run.of('stage_log').flatMap(({ level, line }) => (level === 'warn' ? [line] : []))).toEqual([
      expect.stringMatching(
        /^nothing fits the \d+ subtitles for sure, so nothing was changed: are they of this film\? If they are in the spoken language, -p recognizer=auto compares their words, too, and is surer$/,
      ),
    ])
    expect(readFileSync(bench.path('job', '03_retime', 'retimed', 'subtitles.srt'), 'utf8')).toBe(bytes)
  })

  it('says what is wrong with its input', async () => {
    const bench = await createWorkbench()
    const video = writeTalk(bench.path('talk.wav'))
    const subtitles = bench.path('notes.srt')
    const failureOf = async (text: string) => {
      writeFileSync(subtitles, text)
      const { result } = await bench.run(retiming, { inputs: { video, subtitles } })
      return JSON.stringify(result.failure)
    }
    expect(await failureOf('buy milk\n')).toContain(
      "the input 'subtitles' cannot be read: it is not SRT, WebVTT, ASS or SSA",
    )
    expect(await failureOf('')).toContain("the input 'subtitles' is an empty file")
  })
})
