import type { DurationSample } from '../../../store/index.ts'

/** If input sizes differ by less than this, they say nothing about how the duration grows with the size. */
const tellingRatio = 1.5

/**
 * Returns about how long a stage will take on so many bytes, judged by how long it took before; undefined without
 * a history. With inputs of several sizes it is a line by least squares that never falls; with those of one size it is
 * their median, in proportion to the size. Where the size is not known yet, it is the plain median.
 */
export function estimateMs(samples: readonly DurationSample[], inputBytes: number | undefined): number | undefined {
  if (samples.length === 0) return undefined
  const typicalMs = median(samples.map(({ durationMs }) => durationMs))
  const sized = samples.filter((sample) => sample.inputBytes > 0)
  if (inputBytes === undefined || inputBytes === 0 || sized.length === 0) return typicalMs
  const sizes = sized.map((sample) => sample.inputBytes)
  if (Math.max(...sizes) >= Math.min(...sizes) * tellingRatio) return fittedMs(sized, inputBytes)
  return median(sized.map(({ durationMs }) => durationMs)) * (inputBytes / median(sizes))
}

/**
 * Returns the value of the least-squares line at `inputBytes`; one that would fall, or start below zero, is bent to
 * fit.
 */
function fittedMs(samples: readonly DurationSample[], inputBytes: number): number {
  const meanBytes = mean(samples.map((sample) => sample.inputBytes))
  const meanMs = mean(samples.map(({ durationMs }) => durationMs))
  let covariance = 0
  let variance = 0
  for (const sample of samples) {
    covariance += (sample.inputBytes - meanBytes) * (sample.durationMs - meanMs)
    variance += (sample.inputBytes - meanBytes) ** 2
  }
  const msPerByte = covariance / variance
  if (msPerByte <= 0) return median(samples.map(({ durationMs }) => durationMs))
  const startMs = meanMs - msPerByte * meanBytes
  return startMs < 0 ? (meanMs / meanBytes) * inputBytes : startMs + msPerByte * inputBytes
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Returns the middle of some values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper
}
