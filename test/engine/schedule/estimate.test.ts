import { describe, expect, it } from 'vitest'
import { estimateMs } from '../../../src/engine/schedule/estimate.ts'

const sample = (inputBytes: number, durationMs: number) => ({ inputBytes, durationMs })

describe('an estimate', () => {
  it('is unknown without a history', () => {
    expect(estimateMs([], 100)).toBeUndefined()
  })

  it('is in proportion to the size when all were of one size, and bears one that was far off', () => {
    const history = [sample(100, 10), sample(110, 11), sample(105, 900)]
    expect(estimateMs(history, 1050)).toBe(110)
    expect(estimateMs(history, undefined)).toBe(11)
  })

  it('knows of a start that costs the same for every size', () => {
    expect(estimateMs([sample(100, 1100), sample(1000, 2000)], 4000)).toBeCloseTo(5000)
  })

  it('never falls with the size, nor below zero', () => {
    expect(estimateMs([sample(100, 20), sample(1000, 10)], 100_000)).toBe(15)
    expect(estimateMs([sample(100, 1), sample(1000, 100)], 10)).toBeGreaterThan(0)
    expect(estimateMs([sample(0, 7)], 100)).toBe(7)
  })
})
