import { describe, expect, it } from 'vitest'
import { parseCount, parseDuration, parseSize } from '../../../src/cli/command-line/quantity.ts'

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['10GB', 10e9],
    ['1.5 gb', 1.5e9],
    ['512MiB', 512 * 2 ** 20],
    ['2T', 2e12],
    ['3k', 3000],
    ['-1', undefined],
    ['ten', undefined],
    ['10 parsecs', undefined],
    ['', undefined],
    ['1e9', undefined],
    ['5constructor', undefined],
    ['9007TB', 9007e12],
    ['9008TB', undefined],
    [`${'9'.repeat(400)}TB`, undefined],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes))
})

describe('durations', () => {
  it.each([
    ['0', 0],
    ['30d', 30 * 86_400_000],
    ['1.5h', 5_400_000],
    ['90s', 90_000],
    ['2w', 14 * 86_400_000],
    ['250ms', 250],
    ['30', undefined],
    ['d', undefined],
    ['-1d', undefined],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))
})

describe('counts', () => {
  it.each([
    ['1', 1],
    ['16', 16],
    ['0', undefined],
    ['-2', undefined],
    ['1.5', undefined],
    ['all', undefined],
    ['99999999999', undefined],
  ])('%s', (text, count) => expect(parseCount(text)).toBe(count))
})
