const pad = (value: number, digits: number) => String(value).padStart(digits, '0')

/** Returns hours, minutes and seconds of a time in milliseconds, as `01:02:03`, hours with at least `hourDigits`. */
export function clock(ms: number, hourDigits: number): string {
  const seconds = Math.floor(ms / 1000)
  return [
    pad(Math.floor(seconds / 3600), hourDigits),
    pad(Math.floor(seconds / 60) % 60, 2),
    pad(seconds % 60, 2),
  ].join(':')
}

/** Returns the milliseconds after the last whole second, in three digits. */
export function milliseconds(ms: number): string {
  return pad(ms % 1000, 3)
}

/** Returns the hundredths of a second after the last whole second, in two digits, rounded down so that times keep their order. */
export function centiseconds(ms: number): string {
  return pad(Math.floor((ms % 1000) / 10), 2)
}
