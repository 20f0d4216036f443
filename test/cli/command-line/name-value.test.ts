import { describe, expect, it } from 'vitest'
import { readParams } from '../../../src/cli/command-line/name-value.ts'
import { shouting } from '../shouting.ts'

describe('params', () => {
  it.each([
    [['mark=?'], { mark: '?' }],
    [['mark=a=b'], { mark: 'a=b' }],
    [['mark='], { mark: '' }],
    [['mark=1'], { mark: '1' }],
    [['times=1,2'], { times: [1, 2] }],
    [['times=1', 'times=2,3'], { times: [1, 2, 3] }],
    [['times='], { times: [] }],
    [['quiet=true'], { quiet: true }],
    [['quiet=yes'], { quiet: 'yes' }],
    [['unknown=x'], { unknown: 'x' }],
  ])('%j', (texts, value) => expect(readParams(shouting.params, texts)).toEqual({ ok: true, value }))

  it.each([
    [['mark'], "-p takes name=value, not 'mark'"],
    [['=x'], "-p takes name=value, not '=x'"],
    [['mark=a', 'mark=b'], "the param 'mark' is given 2 times; give it once"],
  ])('%j is refused', (texts, error) => expect(readParams(shouting.params, texts)).toEqual({ ok: false, error }))
})
