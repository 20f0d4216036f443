import { describe, expect, it } from 'vitest'
import {
  between,
  type Cue,
  formatSrt,
  measures,
  merged,
  parseSrt,
  rebase,
  split,
  timeOf,
  timeText,
} from '../../../src/dash/page/edit/cues.ts'
import { History } from '../../../src/dash/page/edit/history.ts'
import { readCues } from '../../../stages/cues/read-cues.ts'
import { formatSrt as stageSrt } from '../../../stages/cues/srt.ts'

const cue = (startMs: number, endMs: number, text: string): Cue => ({ startMs, endMs, text })
const track = [cue(0, 1000, 'hello'), cue(1200, 3400, 'the quick\nbrown fox'), cue(4_000_000, 4_001_500, '42')]

describe('cues in the editor', () => {
  it('are read and written as the pipeline does', () => {
    const written = stageSrt(track.map(({ text, ...times }) => ({ ...times, lines: text.split('\n') })))
    expect(parseSrt(written)).toEqual(track)
    expect(formatSrt(track)).toBe(written)
    const odd = formatSrt([cue(0, 1000, 'a\n\n00:00:01,000 --> 00:00:02,000\n\nb')])
    expect(readCues(odd)).toMatchObject({ ok: true, value: [{ startMs: 0, endMs: 1000 }] })
  })

  it('have times as people write them', () => {
    for (const ms of [0, 62_500, 4_001_500]) expect(timeOf(timeText(ms))).toBe(ms)
    expect([timeOf('2.5'), timeOf('1:02,5'), timeOf('x'), timeOf('')]).toEqual([2500, 62_500, undefined, undefined])
  })

  it('are cut, joined and added, where there is room', () => {
    const [one, two] = split(cue(0, 1000, 'one two'), 3) ?? []
    expect([one, two]).toEqual([cue(0, 500, 'one'), cue(500, 1000, 'two')])
    expect(split(cue(0, 1000, 'one'), 3)).toBeUndefined()
    expect(merged(cue(0, 1, 'a'), cue(2, 3, 'b'), { maxLines: 2 })).toEqual(cue(0, 3, 'a\nb'))
    expect(merged(cue(0, 1, 'aa bb'), cue(2, 3, 'cc\ndd'), { maxLines: 2, maxLineChars: 8 }).text).toBe('aa bb\ncc dd')
    expect(between(track[0], track[1], { cueGapS: 0.08 })).toBeUndefined()
    expect(between(track[1], track[2], { cueGapS: 0.1 })).toEqual(cue(3500, 5500, ''))
  })

  it('say in words how they are outside of the limits', () => {
    const limits = { charsPerSecond: 10, maxLineChars: 4, maxLines: 1, minCueS: 1, maxCueS: 7, cueGapS: 0.1 }
    const over = (of: Cue, next?: Cue) => measures(of, next, limits).flatMap((one) => one.over ?? [])
    expect(over(cue(0, 2000, 'four'))).toEqual([])
    expect(over(cue(0, 500, 'fours\nfive'), cue(550, 900, 'x'))).toEqual([
      'too fast: at most 10',
      'too long: at most 4',
      'too many: at most 1',
      'too short: at least 1.00',
      '0.05 s to the next, at least 0.10',
    ])
  })
})

describe('what was typed while the track changed', () => {
  const typed = [cue(0, 1000, 'hello'), cue(1200, 3400, 'the quick\nbrown box'), cue(4_000_000, 4_001_500, '42')]

  it('is put where it belongs', () => {
    const now = [cue(0, 900, 'hallo'), ...track.slice(1)]
    expect(rebase(track, typed, now)).toEqual({ cues: [now[0], ...typed.slice(1)], lost: [] })
    expect(rebase(track, track, now)).toEqual({ cues: now, lost: [] })
    expect(rebase(track, track.slice(1), track)).toEqual({ cues: track.slice(1), lost: [] })
    const added = [...track.slice(0, 2), cue(5000, 6000, 'new'), ...track.slice(2)]
    expect(rebase(track, added, now).cues).toEqual([now[0], ...added.slice(1)])
  })

  it('overwrites nothing where its place is another one, and is not lost', () => {
    const now = [track[0] ?? cue(0, 1, ''), cue(1200, 3400, 'the quick\nbrown socks')]
    expect(rebase(track, typed.slice(0, 2), now)).toEqual({ cues: now, lost: [typed[1]] })
    expect(rebase(track, typed, typed)).toEqual({ cues: typed, lost: [] })
  })
})

it('typing in one place is undone at once, other changes one by one', () => {
  const history = new History()
  const state = (text: string) => ({ cues: [cue(0, 1, text)], chosen: 0 })
  history.add(state(''), 'text 0', 0)
  history.add(state('a'), 'text 0', 100)
  history.add(state('ab'), undefined, 200)
  expect(history.undo(state('abc'))).toEqual(state('ab'))
  expect(history.undo(state('ab'))).toEqual(state(''))
  expect(history.undo(state(''))).toBeUndefined()
  expect(history.redo(state(''))).toEqual(state('ab'))
})
