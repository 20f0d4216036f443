/** A time of SRT, WebVTT or ASS: hours are optional, and a fraction has one to three digits. */
export const timePattern = /(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:([.,])(\d{1,3}))?/

/** Returns the milliseconds of a time, or undefined where it is none. */
export function timeMs(token: string): number | undefined {
  const found = new RegExp(`^${timePattern.source}$`).exec(token)
  if (found === null) return undefined
  const [, hours = '0', minutes = '0', seconds = '0', , fraction = ''] = found
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0'))
}

/** Returns a time in the form of another: as many digits of hours and of the fraction, and the same point or comma. */
export function formatTime(like: string, ms: number): string {
  const [, hours, , , point, fraction = ''] = new RegExp(`^${timePattern.source}$`).exec(like) ?? []
  const unit = 10 ** (3 - (point === undefined ? 0 : fraction.length))
  const whole = Math.max(0, Math.round(ms / unit)) * unit
  const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0')
  const hour = Math.floor(whole / 3_600_000)
  const first = hours === undefined && hour === 0 ? '' : `${pad(hour, hours?.length ?? 2)}:`
  const rest = point === undefined ? '' : `${point}${pad((whole % 1000) / unit, fraction.length)}`
  return `${first}${pad((whole / 60_000) % 60, 2)}:${pad((whole / 1000) % 60, 2)}${rest}`
}
