const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
}

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}

const quantityPattern = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i

function inUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = quantityPattern.exec(text.trim()) ?? []
  if (amount === undefined || unit === undefined) return undefined
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  const value = factor === undefined ? undefined : Math.round(Number(amount) * factor)
  // A larger number would not be exact.
  return Number.isSafeInteger(value) ? value : undefined
}

/** Returns how many bytes `10GB`, `512MiB`, `1.5 TB` or `4096` are, or undefined if the text is not a size. */
export function parseSize(text: string): number | undefined {
  return inUnits(text, sizeUnits)
}

/**
 * Returns how many milliseconds `30d`, `12h`, `90s` or `2w` are, or undefined if the text is not a duration.
 * A number without a unit is refused, except zero, because readers would assume different units.
 */
export function parseDuration(text: string): number | undefined {
  return text.trim() === '0' ? 0 : inUnits(text, durationUnits)
}

/** Returns the whole number above zero that `text` is, or undefined. */
export function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : undefined
}
