/** How high a side is, stretch by stretch, as hexadecimal digits of two places. */
export interface Waveform {
  readonly waveform: string
  readonly stretchS: number
  /** When it begins in the call, in seconds. */
  readonly startS: number
}

/** Returns the highest sample of a stretch, from 0 to 1; undefined where the side was not recorded. */
export function peakIn({ waveform, stretchS, startS }: Waveform, fromS: number, toS: number): number | undefined {
  const first = Math.max(0, Math.floor((fromS - startS) / stretchS + 1e-6))
  const last = Math.max(first + 1, Math.ceil((toS - startS) / stretchS - 1e-6))
  let peak: number | undefined
  for (let stretch = first; stretch < last; stretch++) {
    const digits = waveform.slice(2 * stretch, 2 * stretch + 2)
    if (digits !== '' && toS > startS) peak = Math.max(peak ?? 0, Number.parseInt(digits, 16) / 255)
  }
  return peak
}
