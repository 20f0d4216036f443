import { describe, expect, it } from 'vitest'
import { withOwnIds } from '../../../stages/calls/pair.ts'
import { type Pair, pairedBySpeech, pairedByTimes } from '../../../stages/calls/pairing.ts'

const names = (pairs: readonly Pair[]) => pairs.map((pair) => pair.map(({ path }) => path).join(' + '))
const leg = (path: string, durationS = 60) => ({ path, durationS })
const spans = (...times: readonly number[]) => times.map((fromS) => ({ fromS, toS: fromS + 9 }))

describe('recordings whose names do not tell the sides', () => {
  it('are paired by when they began', () => {
    const legs = [
      leg('20240603-101500_ab12.wav'),
      leg('20240603-101502_cd34.wav', 58),
      leg('20240603-103000_x.wav', 30),
      leg('20240603-103001_y.wav', 90),
      leg('no-date.wav'),
    ]
    expect(names(pairedByTimes(legs))).toEqual(['20240603-101500_ab12.wav + 20240603-101502_cd34.wav'])
  })

  it('are not paired where another one is as likely for one of them', () => {
    // 3 percent of 200 s are 6 s, and of 194.1 s less than that.
    const legs = [leg('20240603-101500_a.wav', 200), leg('20240603-101501_b.wav', 194.1)]
    expect(names(pairedByTimes(legs))).toEqual(['20240603-101500_a.wav + 20240603-101501_b.wav'])
    expect(pairedByTimes([...legs, leg('20240603-101502_c.wav', 189)])).toEqual([])
  })

  it('are not paired where a third one began then', () => {
    const legs = ['a', 'b', 'c'].map((name) => leg(`20240603-101500_${name}.wav`))
    expect(pairedByTimes(legs)).toEqual([])
  })

  it('are paired by who speaks when', () => {
    const legs = [
      { ...leg('1.wav'), speech: spans(0, 20, 40) },
      { ...leg('2.wav'), speech: spans(10, 30, 50) },
      { ...leg('3.wav'), speech: spans(4, 24, 36) },
      { ...leg('4.wav', 200), speech: spans(10, 30, 50) },
    ]
    expect(names(pairedBySpeech(legs))).toEqual(['1.wav + 2.wav'])
  })

  it('are not paired where nothing tells them from strangers', () => {
    const legs = ['1.wav', '2.wav', '3.wav'].map((path, index) => ({
      ...leg(path),
      speech: spans(index * 3, 20, 41 - index),
    }))
    expect(pairedBySpeech(legs)).toEqual([])
  })
})

describe('the ids of calls', () => {
  it('are unlike each other, also where the name of one file is that of another with an extension more', () => {
    const calls = ['a.mp3', 'a.wav', 'a.wav.mp3', 'b.wav'].map((path) => ({
      id: path.slice(0, path.lastIndexOf('.')),
      legs: [{ path }],
    }))
    expect(withOwnIds(calls).map(({ id }) => id)).toEqual(['a.mp3', 'a.wav', 'a.wav.mp3', 'b'])
  })
})
