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
