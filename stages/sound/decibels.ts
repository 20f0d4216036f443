/** Returns an amplitude, or a quotient of two, in decibels; minus infinity for 0. */
export function decibels(amplitude: number): number {
  return 20 * Math.log10(amplitude)
}

/** Returns the amplitude that so many decibels stand for. */
export function amplitudeOf(db: number): number {
  return 10 ** (db / 20)
}
