/** Events before this are not scored, as in mir_eval's `trim_beats`. */
const scoredFromS = 5

/**
 * Returns the F-measure of beats: the harmonic mean of how many of the found ones are true and how many of the true ones are
 * found, within 70 ms, each matched once (`mir_eval.beat.f_measure`, Raffel et al. 2014).
 */
export function beatF(truth: readonly number[], found: readonly number[], windowS = 0.07): number {
  const [reference, estimated] = [truth, found].map((times) => times.filter((time) => time >= scoredFromS))
  if (reference === undefined || estimated === undefined || reference.length === 0 || estimated.length === 0) return 0
  let [hits, at] = [0, 0]
  // In order of time, the first that fits is as good as any.
  for (const time of reference) {
    while (at < estimated.length && (estimated[at] ?? 0) < time - windowS) at++
    if (at < estimated.length && (estimated[at] ?? 0) <= time + windowS) {
      hits++
      at++
    }
  }
  return (2 * hits) / (reference.length + estimated.length)
}

/** A tempo is right within 4 %, as in the task of tempo estimation of MIREX. */
const tempoTolerance = 0.04

/** Returns whether a tempo is right, or wrong by an octave (twice, half, three times, a third), or by something else. */
export function tempoVerdict(truthBpm: number, foundBpm: number): 'right' | 'octave' | 'wrong' {
  const isNear = (bpm: number) => Math.abs(foundBpm - bpm) <= tempoTolerance * bpm
  if (isNear(truthBpm)) return 'right'
  return [2, 1 / 2, 3, 1 / 3].some((factor) => isNear(factor * truthBpm)) ? 'octave' : 'wrong'
}

/** Returns the tempo of some beats, in beats a minute, by the interval that is in the middle of all. */
export function tempoOfBeats(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, at) => time - (times[at] ?? 0))
  const middle = intervals.toSorted((one, other) => one - other)[intervals.length >> 1]
  return middle === undefined ? 0 : 60 / middle
}
