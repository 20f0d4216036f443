import { describe, expect, it } from 'vitest'
import { reportPage } from '../../../stages/calls/report/page.ts'
import { summarize } from '../../../stages/calls/report/summarize.ts'
import { tableOf } from '../../../stages/calls/report/table.ts'
import type { Alignment, Recording } from '../../../stages/calls/results/recording.ts'

const sound = { sampleRateHz: 8000, channels: 1, frames: 16_000 }
const silence = { integratedLufs: null, truePeakDb: null }
const mixLevel = { targetLufs: -23, before: silence, after: silence, gainDb: 0, mode: 'linear' } as const

/** Returns what the report says of a call of files that are called like this. */
function summaryOf(name: string, { alignment, durationS = 2 }: { alignment?: Alignment; durationS?: number } = {}) {
  const files = [`${name}-in.wav`, `${name}-out.wav`]
  const recording: Recording = {
    ...{ container: 'wav', codec: 'pcm', sampleRateHz: 8000, channels: 1, sound, mended: [name] },
    durationS,
  }
  const pieces = [{ atS: 0, lengthS: durationS, fromS: 0 }]
  return summarize(
    {
      calls: [{ id: name, legs: files.map((path) => ({ path, label: name })), pairedBy: 'names' }],
      passedOver: [{ path: name, problem: name }],
      recordings: files.map((item) => ({ item, value: recording })),
      ...{ hearings: [], tones: [], levels: [] },
      alignments: alignment === undefined ? [] : [{ item: name, value: alignment }],
      maps: [{ item: name, value: { lengthS: durationS, pieces } }],
      mix: { lengthS: durationS, calls: [{ id: name, atS: 0, lengthS: durationS, pieces }], leftOut: [] },
      mixLevel,
    },
    { deadAirS: 5 },
  )
}

describe('the report of calls', () => {
  it('shows what files are called, and takes nothing of it for markup', () => {
    const hostile = `<img src=x onerror="alert(1)">'&\n`
    const tags = (text: string) => text.match(/<[a-z/!]+/gi)
    expect(tags(reportPage(summaryOf(hostile)))).toEqual(tags(reportPage(summaryOf('plain'))))
    expect(reportPage(summaryOf(hostile))).toContain(
      '<h3>&#60;img src=x onerror=&#34;alert(1)&#34;&#62;&#39;&#38;\n</h3>',
    )
  })

  it('has a table in which no name is a formula', () => {
    expect(tableOf(summaryOf('=1+1'))).toContain("\n'=1+1,'=1+1-in.wav + =1+1-out.wav,")
  })

  it('says how long a call is by the clock of its first recording, as its pieces do', () => {
    const legs = [
      { startS: 0, driftPpm: 0 },
      { startS: 0, driftPpm: 200 },
    ]
    const alignment: Alignment = { legs, by: 'sound', confidence: 1 }
    // An hour of the second is 0.72 s less by the clock of the first.
    expect(summaryOf('call', { alignment, durationS: 3600 }).calls[0]).toMatchObject({ lengthS: 3600, cutS: 0 })
    const slow = { ...alignment, legs: [legs[0] ?? { startS: 0, driftPpm: 0 }, { startS: 0, driftPpm: -200 }] }
    expect(summaryOf('call', { alignment: slow, durationS: 3600 }).calls[0]).toMatchObject({ lengthS: 3600.72 })
    const apart = { ...alignment, legs: [legs[0] ?? { startS: 0, driftPpm: 0 }, { startS: 0.5, driftPpm: 200 }] }
    expect(summaryOf('call', { alignment: apart, durationS: 3600 }).calls[0]?.lengthS).toBe(3600)
  })
})
