import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'

/** Returns a duration as people read it: `340ms`, `12.3s`, `2m 5s`. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs))
  // A run with nothing to do names thousands of them.
  if (ms < 1000) return `${ms}ms`
  return prettyMs(ms, ms < 60_000 ? {} : { secondsDecimalDigits: 0 })
}

/** Returns a size as people read it: `1.2 MB`. */
export function sizeText(sizeBytes: number): string {
  return prettyBytes(sizeBytes)
}

/** Returns `1 step`, `2 steps`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
