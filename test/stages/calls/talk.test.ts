import { describe, expect, it } from 'vitest'
import { placesOf } from '../../../stages/calls/mix.ts'
import { talkOf } from '../../../stages/calls/report/talk.ts'

const span = (fromS: number, toS: number) => ({ fromS, toS })

describe('who speaks when', () => {
  it('is counted: shares, overlaps, interruptions and dead air', () => {
    const speech = [
      [span(0, 4), span(4.3, 6)],
      [span(5, 9), span(20, 21)],
    ]
    const talk = talkOf({ speech, heard: speech, lengthS: 24, deadAirS: 5 })
    expect(talk.talkS.map((seconds) => Math.round(seconds * 10) / 10)).toEqual([5.7, 5])
    expect(talk.longestTurnS).toEqual([6, 4])
    expect(talk.overlaps).toEqual([span(5, 6)])
    expect(talk.interruptions).toBe(1)
    expect(talk.deadAir).toEqual([span(9, 20)])
    expect(talk.silenceS).toBeCloseTo(14.3)
  })

  it('is nothing in silence', () => {
    expect(talkOf({ speech: [[], []], heard: [[], []], lengthS: 10, deadAirS: 5 })).toMatchObject({
      talkS: [0, 0],
      interruptions: 0,
      deadAir: [span(0, 10)],
    })
  })
})

describe('the places of calls in a mix', () => {
  const at = (time: string | undefined, lengthS: number) => ({
    startedAt: time === undefined ? undefined : `2024-06-03T10:${time}`,
    lengthS,
  })
  const seconds = (calls: Parameters<typeof placesOf>[0], order: 'sequence' | 'timeline') =>
    placesOf(calls, { order, gapS: 2 }).map(({ at }) => at / 16_000)

  it('follow one another', () => {
    expect(seconds([at('00:00', 3), at(undefined, 4), at('00:01', 5)], 'sequence')).toEqual([0, 5, 11])
  })

  it('are when they began, with shortened gaps, on a timeline', () => {
    const calls = [at(undefined, 1), at('10:00', 5), at('00:10', 60), at('00:00', 30)]
    expect(seconds(calls, 'timeline')).toEqual([79, 72, 10, 0])
  })
})
