import { describe, expect, it } from 'vitest'
import { callName, startOf } from '../../../stages/calls/names.ts'
import { pairedByNames } from '../../../stages/calls/pair.ts'

const pairs = (...paths: string[]) =>
  pairedByNames(paths).map(
    ({ id, legs }) => `${id}: ${legs.map(({ path, label }) => `${path} (${label})`).join(' + ')}`,
  )

describe('the names of the sides of a call', () => {
  it.each([
    [['call-7-in.wav', 'call-7-out.wav'], 'call-7: call-7-in.wav (in) + call-7-out.wav (out)'],
    [['x_t.wav', 'x_r.wav'], 'x: x_r.wav (r) + x_t.wav (t)'],
    [
      ['june/agent 12.wav', 'june/customer 12.wav'],
      'june/12: june/customer 12.wav (customer) + june/agent 12.wav (agent)',
    ],
    [
      ['1717408800.42-RX.ulaw', '1717408800.42-TX.ulaw'],
      '1717408800.42: 1717408800.42-RX.ulaw (rx) + 1717408800.42-TX.ulaw (tx)',
    ],
    [
      ['20240603 (caller).wav', '20240603 (callee).wav'],
      '20240603: 20240603 (caller).wav (caller) + 20240603 (callee).wav (callee)',
    ],
  ])('tell that %j belong together', (paths, found) => {
    expect(pairs(...paths)).toEqual([found])
  })

  it.each([
    [['call-7-in.wav', 'call-8-out.wav']],
    [['a/call-in.wav', 'b/call-out.wav']],
    [['inside.wav', 'outside.wav']],
    [['call-in.wav', 'call-in.mp3', 'call-out.wav']],
    [['in-1.wav', 'in-2.wav']],
  ])('do not tell it of %j', (paths) => {
    expect(pairs(...paths)).toEqual([])
  })

  it('name the call', () => {
    expect(callName(['june/x-in-7.wav'], 'in')).toBe('june/x-7')
    expect(callName(['in.wav'], 'in')).toBe('in')
  })

  it.each([
    ['rec_20240603-101500_12.wav', '2024-06-03T10:15:00'],
    ['2024-06-03_10-15-00_support.wav', '2024-06-03T10:15:00'],
    ['2024-06-03 10.15.wav', '2024-06-03T10:15:00'],
    ['1717409700.123.wav', '2024-06-03T10:15:00'],
    ['20241399-101500.wav', undefined],
    ['20240603.wav', undefined],
    ['call-7.wav', undefined],
  ])('tell when %s began', (path, start) => {
    expect(startOf(path)).toBe(start)
  })
})
