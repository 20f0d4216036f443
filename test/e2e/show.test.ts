import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wavFile } from '../../stages/media/wav.ts'
import { songRateHz } from '../../stages/music/signal/spectrogram.ts'
import { show } from '../../stages/show/pipeline.ts'
import { createWorkbench } from '../rig/workbench.ts'
import { band, beatTimes } from '../stages/music/synthesized.ts'

const beats = beatTimes(19, 120)

/** Writes a song of ten seconds as a WAV file of 16 bits. */
function writeSong(path: string): void {
  const samples = Int16Array.from(band(beats, 4), (value) => Math.max(-1, Math.min(1, value)) * 32_767)
  writeFileSync(path, wavFile({ sampleRateHz: songRateHz, samples }))
}

function layoutOf(groups: readonly string[]): string {
  const members = groups.map((name) => `<modelGroup name="${name}" models="Arch"/>`)
  return `<xrgb><models><model name="Arch" DisplayAs="Arches"/></models><modelGroups>${members.join('')}</modelGroups></xrgb>`
}

/** Returns what a job has made, by path, without what is told of the runs. */
function madeIn(dir: string): ReadonlyMap<string, string> {
  const told = /(?:manifest\.json|stage\.log|job\.json|events\.jsonl)$/
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name))
  const made = files.filter((path) => statSync(path).isFile() && !told.test(path) && !path.includes('/.'))
  return new Map(made.map((path) => [relative(dir, path), readFileSync(path).toString('base64')]))
}

describe('show', () => {
  it('plans a show: nothing twice, a new group alone, corrections without listening again, the same bytes', async () => {
    const bench = await createWorkbench()
    const song = bench.path('song.wav')
    writeSong(song)
    const [layout, lyrics] = [bench.path('xlights_rgbeffects.xml'), bench.path('song.lrc')]
    writeFileSync(layout, layoutOf(['Arches', 'Roofline']))
    writeFileSync(lyrics, '[00:01.00]La la\n[00:03.00]Lo\n')
    const inputs = { song, layout, lyrics }
    const params = { tracker: 'onsets' }

    const cold = await bench.run(show, { inputs, params })
    expect(cold.result.failure).toBeUndefined()
    const all = cold.executed
    expect(all).toHaveLength(17)
    const analysis = JSON.parse(readFileSync(bench.path('job', '03_analyze', 'analysis.json'), 'utf8'))
    expect(analysis.tempo.bpm).toBeGreaterThan(118)
    expect(analysis.tempo.bpm).toBeLessThan(122)
    const xtiming = readFileSync(bench.path('job', '11_timing', 'song.xtiming'), 'utf8')
    expect([...xtiming.matchAll(/<timing name="([^"]*)"/g)].map(([, name]) => name)).toEqual(
      expect.arrayContaining(['Beats', 'Bars', 'Sections', 'Lyrics', 'Words']),
    )
    expect([...xtiming.matchAll(/time="(\d+)"/g)].every(([, ms]) => Number(ms) % 25 === 0)).toBe(true)
    expect(Object.keys(cold.result.outputs)).toEqual(
      expect.arrayContaining(['macro', 'plan', 'xsq', 'preview', 'plots']),
    )

    const warm = await bench.run(show, { inputs, params })
    expect(warm.executed).toEqual([])
    expect(warm.cached).toEqual(all)

    writeFileSync(layout, layoutOf(['Arches', 'Roofline', 'Floods']))
    const grown = await bench.run(show, { inputs, params })
    expect(grown.executed).toEqual(['check', 'contexts', 'display', 'export', 'groups/Floods', 'preview', 'timing'])

    const corrected = bench.path('beats.txt')
    writeFileSync(corrected, beats.map((atS, at) => `${atS + 0.1}\t${atS + 0.1}\t${(at % 4) + 1}\n`).join(''))
    const mended = await bench.run(show, { inputs: { ...inputs, beats: corrected }, params })
    expect(mended.executed).not.toContain('listen')
    expect(mended.executed).toContain('analyze')
    const after = JSON.parse(readFileSync(bench.path('job', '03_analyze', 'analysis.json'), 'utf8'))
    expect(after.corrected.beats).toBe(true)
    expect(after.beats[4].atS).toBeCloseTo((beats[4] ?? 0) + 0.1, 3)

    const again = await createWorkbench()
    await again.run(show, { inputs: { ...inputs, beats: corrected }, params })
    expect(madeIn(again.jobDir)).toEqual(madeIn(bench.jobDir))
  })

  it('says what is wrong with its inputs', async () => {
    const bench = await createWorkbench()
    mkdirSync(bench.path('in'))
    const [song, layout, lyrics, sections] = ['song.wav', 'layout.xml', 'song.lrc', 'sections.txt'].map((name) =>
      bench.path('in', name),
    )
    writeSong(song ?? '')
    writeFileSync(layout ?? '', '<html></html>')
    writeFileSync(lyrics ?? '', 'la la la\n')
    writeFileSync(sections ?? '', 'verse\n')
    const inputs = { song: song ?? '', layout: layout ?? '', lyrics: lyrics ?? '', sections: sections ?? '' }
    const { result } = await bench.run(show, { inputs, params: { tracker: 'onsets' }, keepGoing: true })
    const messages = [...result.outcomes.values()].flatMap((outcome) =>
      outcome.kind === 'failed' ? [JSON.stringify(outcome)] : [],
    )
    expect(messages.join('\n')).toContain("the input 'layout' cannot be read: its root is <html>, not <xrgb>")
    expect(messages.join('\n')).toContain("the input 'lyrics' cannot be read: it has no line with a time")
    expect(messages.join('\n')).toContain("the input 'sections' cannot be read: line 1 is not a label")
  })

  it('tells a file that is no song, and a film without sound, once', async () => {
    const bench = await createWorkbench()
    const song = bench.path('song.mp3')
    const failures = async () => {
      const { result } = await bench.run(show, { inputs: { song }, params: { tracker: 'onsets' }, keepGoing: true })
      return [...result.outcomes].flatMap(([step, outcome]) => (outcome.kind === 'failed' ? [step] : []))
    }
    writeFileSync(song, 'hello, this is no song\n')
    expect(await failures()).toEqual(['tags'])
    const picture = ['-f', 'lavfi', '-i', 'color=s=32x32:d=1', '-f', 'mp4', song]
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...picture])
    expect(await failures()).toEqual(['tags'])
  })

  it.each([
    ['silence', new Int16Array(10 * songRateHz), 'the song is silent from beginning to end'],
    [
      'three seconds',
      Int16Array.from(band([0, 0.5, 1, 1.5, 2, 2.5], 4), (value) => 9000 * value),
      'the song lasts only',
    ],
  ])('warns once of a song of %s', async (_, samples, message) => {
    const bench = await createWorkbench()
    const song = bench.path('song.wav')
    writeFileSync(song, wavFile({ sampleRateHz: songRateHz, samples }))
    const { result, of } = await bench.run(show, { inputs: { song }, params: { tracker: 'onsets' } })
    expect(result.failure).toBeUndefined()
    const warned = of('stage_log').filter(({ level }) => level === 'warn')
    expect(warned.map(({ line }) => line)).toEqual([expect.stringContaining(message)])
  })
})
