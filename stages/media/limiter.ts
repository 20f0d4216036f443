/** Returns the filters that hold true peaks below a ceiling: at four times the sample rate, as they are measured. */
export function limiterFilters(ceilingDb: number, sampleRateHz: number): readonly string[] {
  const limit = (10 ** (ceilingDb / 20)).toFixed(6)
  return ['aresample=192000', `alimiter=limit=${limit}:level=false:attack=3:release=60`, `aresample=${sampleRateHz}`]
}
