import { describe, expect, it } from 'vitest'
import { formatCsv, labelFiles } from '../../../stages/show/export/labels.ts'
import { formatTempoMap } from '../../../stages/show/export/midi.ts'
import type { Analysis } from '../../../stages/show/song/analysis.ts'
import { readLabels } from '../../../stages/show/song/corrections.ts'

const beat = (atS: number, position: number, beatsPerBar: number) => ({ atS, position, beatsPerBar, confidence: 0.5 })
const analysis: Analysis = {
  ...{
    durationS: 5,
    tempo: { bpm: 120, confidence: 1, curve: [] },
    metre: { beatsPerBar: 4, confidence: 1 },
    key: null,
  },
  beats: [
    beat(1, 1, 4),
    beat(1.5, 2, 4),
    beat(2, 3, 4),
    beat(2.6, 4, 4),
    beat(3.2, 1, 3),
    beat(3.9, 2, 3),
    beat(4.6, 3, 3),
  ],
  ...{ bars: [], halves: [], eighths: [] },
  sections: [
    { startS: 0, endS: 3.2, label: 'A', occurrence: 1, energy: 0.5, confidence: 1 },
    { startS: 3.2, endS: 5, label: 'B', occurrence: 1, energy: 0.5, confidence: 0.25 },
  ],
  onsets: { low: [{ atS: 1, confidence: 0.75 }], mid: [], high: [] },
  ...{ loudness: { stepS: 0.1, lufs: [] }, energy: { stepS: 0.1, values: [] }, impacts: [], drops: [], gaps: [] },
  corrected: { beats: false, sections: false },
}

/** Reads the meta events of a MIDI file of one track: when in ticks, which kind, which data. */
function metaEvents(file: Uint8Array): readonly { tick: number; kind: number; data: readonly number[] }[] {
  const events: { tick: number; kind: number; data: readonly number[] }[] = []
  let [at, tick] = [22, 0]
  const number = () => {
    let value = 0
    for (;;) {
      const byte = file[at++] ?? 0
      value = value * 128 + (byte & 127)
      if (byte < 128) return value
    }
  }
  while (at < file.length) {
    tick += number()
    expect(file[at++]).toBe(0xff)
    const kind = file[at++] ?? 0
    const length = number()
    events.push({ tick, kind, data: [...file.subarray(at, at + length)] })
    at += length
  }
  return events
}

describe('formatTempoMap', () => {
  const events = metaEvents(formatTempoMap(analysis))

  it('has every beat at its time', () => {
    const tempi = events.filter(({ kind }) => kind === 0x51)
    let seconds = 0
    const times = tempi.map(({ data: [a = 0, b = 0, c = 0] }) => {
      const start = seconds
      seconds += (a * 65_536 + b * 256 + c) / 1e6
      return start
    })
    // Before the first beat there are two more, which fill the time.
    expect(times).toHaveLength(9)
    for (const [at, { atS }] of analysis.beats.entries()) expect(times[at + 2]).toBeCloseTo(atS, 5)
  })

  it('has the metres and the sections where they begin, and an end', () => {
    const named = events.flatMap(({ tick, kind, data }) =>
      kind === 0x06 ? [[tick / 480, String.fromCharCode(...data)]] : [],
    )
    expect(named).toEqual([
      [0, 'A1'],
      [6, 'B1'],
    ])
    const metres = events.flatMap(({ tick, kind, data }) => (kind === 0x58 ? [[tick / 480, data[0], data[1]]] : []))
    expect(metres).toEqual([
      [0, 2, 2],
      [2, 4, 2],
      [6, 3, 2],
    ])
    expect(events.at(-1)).toMatchObject({ kind: 0x2f, tick: 9 * 480 })
  })
})

describe('labels', () => {
  it('can be corrected and passed back', () => {
    const files = labelFiles(analysis, undefined)
    expect([...files.keys()]).toEqual(['beats.txt', 'sections.txt', 'onsets.txt'])
    expect(readLabels(files.get('beats.txt') ?? '').map(({ startS, text }) => [startS, Number(text)])).toEqual(
      analysis.beats.map(({ atS, position }) => [atS, position]),
    )
  })

  it('are a table, too, in order of time', () => {
    const [head, ...rows] = formatCsv(analysis).split('\r\n')
    expect(head).toBe('kind,start_s,end_s,text,confidence')
    expect(rows.slice(0, 3)).toEqual(['section,0,3.2,A1,1', 'beat,1,1,1,0.5', 'onset,1,1,low,0.75'])
  })

  it('keep what a person wrote a text: of a table, a formula would be computed', () => {
    const sections = analysis.sections.map((section) => ({ ...section, label: '=1+1,"2"' }))
    expect(formatCsv({ ...analysis, sections })).toContain('section,0,3.2,"\'=1+1,""2""1",1\r\n')
  })
})
