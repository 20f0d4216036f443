import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { contiguous, flooredMs, onFrames } from '../../../stages/show/export/frames.ts'
import { formatXtiming, type TimingTrack, trackName, xmlText } from '../../../stages/show/export/xtiming.ts'

/** Reads a file as xLights does: its root, and of each track the name and the marks of its layers. */
function readXtiming(xml: string): readonly TimingTrack[] {
  const tracks: { name: string; layers: { label: string; startMs: number; endMs: number }[][] }[] = []
  const open: string[] = []
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    open.push(name)
    const path = open.join('/').replace(/^timings\//, '')
    if (path === 'timing') tracks.push({ name: attributes.name ?? '', layers: [] })
    if (path === 'timing/EffectLayer') tracks.at(-1)?.layers.push([])
    if (path === 'timing/EffectLayer/Effect') {
      const [startMs, endMs] = [attributes.starttime, attributes.endtime].map((digits) =>
        Number.parseInt(digits ?? '', 10),
      )
      tracks
        .at(-1)
        ?.layers.at(-1)
        ?.push({ label: attributes.label ?? '', startMs: startMs ?? -1, endMs: endMs ?? -1 })
    }
  })
  parser.on('closetag', () => void open.pop())
  parser.write(xml).close()
  return tracks
}

const beats = {
  name: 'Beats',
  layers: [
    [
      { label: '1', startMs: 500, endMs: 1000 },
      { label: '2', startMs: 1000, endMs: 1500 },
    ],
  ],
}
const lyrics = {
  name: 'Lyrics',
  layers: [
    [{ label: `Rock & roll, "she's" <in>`, startMs: 0, endMs: 1000 }],
    [{ label: 'Größe', startMs: 0, endMs: 500 }],
    [{ label: 'AI', startMs: 0, endMs: 250 }],
  ],
}

describe('formatXtiming', () => {
  it('writes one track as xLights does', () => {
    expect(formatXtiming([beats])).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<timing name="Beats" subType="" SourceVersion="2026.16">
   <EffectLayer>
      <Effect label="1" starttime="500" endtime="1000" />
      <Effect label="2" starttime="1000" endtime="1500" />
   </EffectLayer>
</timing>
`,
    )
  })

  it('writes several tracks in timings, lyrics in three layers; read back, all is the same', () => {
    const file = formatXtiming([beats, lyrics])
    expect(file).toContain('<timings>\n<timing name="Beats"')
    expect(file).toContain('label="Rock &amp; roll, &quot;she&apos;s&quot; &lt;in&gt;"')
    expect(readXtiming(file)).toEqual([beats, lyrics])
  })

  it('leaves out what XML cannot hold', () => {
    expect(xmlText('a\u0000b\u0007c\ud800d\ufffee\tf')).toBe('abcde&#9;f')
  })

  it('names tracks so that xLights keeps the name, and none as a model', () => {
    expect(trackName('Größe <1> & "2"', new Set())).toBe('Grosse 1  2'.replace('Grosse', 'Gro?e'))
    expect(trackName('Beats', new Set(['Beats', 'Beats 2']))).toBe('Beats 3')
  })
})

describe('the grid of frames', () => {
  it('floors times to frames, also those that are on it', () => {
    expect([0.0249, 0.025, 0.3, 1.1, 2.9999].map((seconds) => flooredMs(seconds, 25))).toEqual([0, 25, 300, 1100, 2975])
    expect(flooredMs(0.3, 50)).toBe(300)
  })

  it('leaves out marks that vanish, and lets none overlap', () => {
    const spans = [
      { startS: 0.01, endS: 0.06 },
      { startS: 0.06, endS: 0.07 },
      { startS: 0.04, endS: 0.11 },
    ]
    expect(onFrames(spans, 25, () => '')).toEqual([
      { label: '', startMs: 0, endMs: 50 },
      { label: '', startMs: 50, endMs: 100 },
    ])
  })

  it('has no gaps in a row that is contiguous', () => {
    const marks = contiguous([{ atS: 0.51 }, { atS: 1.01 }, { atS: 1.02 }], { frameMs: 25, endS: 2 }, () => 'x')
    expect(marks.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [500, 1000],
      [1000, 2000],
    ])
  })
})
