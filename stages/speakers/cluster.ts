/** Which voices are one speaker: for each voice, the number of its speaker. */
export interface Clusters {
  readonly labels: readonly number[]
  readonly centres: readonly Float64Array[]
}

interface Cluster {
  readonly sum: Float64Array
  readonly members: number[]
}

export interface ClusterRules {
  /** How many speakers there are, if that is known. */
  readonly speakers?: number | undefined
  /** Two groups of voices whose directions are nearer than this (a cosine) are one speaker, if their number is not known. */
  readonly sameAbove: number
  /** A group with fewer voices is no speaker of its own. */
  readonly fewest: number
}

/**
 * Groups voices by how near they are: the two nearest groups are joined again and again, by the cosine of the angle between
 * their sums. Of a voice, that changes little with how much there is of it, so one limit serves a minute and hours.
 */
export function clusterVoices(voices: readonly Float64Array[], rules: ClusterRules): Clusters {
  const clusters: (Cluster | undefined)[] = voices.map((voice, index) => ({ sum: voice.slice(), members: [index] }))
  const nearest = clusters.map((_, index) => nearestTo(clusters, index))
  const alive = new Set(clusters.keys())
  while (alive.size > 1) {
    let best: readonly [from: number, to: number, cosine: number] = [-1, -1, Number.NEGATIVE_INFINITY]
    for (const index of alive) {
      const near = nearest[index]
      if (near !== undefined && near.cosine > best[2]) best = [index, near.index, near.cosine]
    }
    const [from, to, cosine] = best
    const [one, other] = [clusters[from], clusters[to]]
    if (one === undefined || other === undefined || isDone(cosine, alive.size, [...alive], clusters, rules)) break
    clusters[from] = {
      sum: one.sum.map((value, at) => value + (other.sum[at] ?? 0)),
      members: [...one.members, ...other.members],
    }
    clusters[to] = undefined
    alive.delete(to)
    for (const index of alive)
      if (index === from || nearest[index]?.index === from || nearest[index]?.index === to)
        nearest[index] = nearestTo(clusters, index)
      else {
        const now = cosineOf(clusters[index], clusters[from])
        const known = nearest[index]
        if (known === undefined || now > known.cosine) nearest[index] = { index: from, cosine: now }
      }
  }
  return withoutSmall(
    clusters.filter((cluster) => cluster !== undefined),
    voices,
    rules,
  )
}

function isDone(
  cosine: number,
  count: number,
  alive: readonly number[],
  clusters: readonly (Cluster | undefined)[],
  { speakers, sameAbove, fewest }: ClusterRules,
): boolean {
  if (speakers === undefined) return cosine < sameAbove
  if (count <= speakers) return true
  // Small groups are given to the large ones at the end, so they do not count as speakers.
  const large = alive.filter((index) => (clusters[index]?.members.length ?? 0) >= fewest)
  return cosine < sameAbove && large.length <= speakers && large.length > 0 && large.length === speakers
}

function nearestTo(
  clusters: readonly (Cluster | undefined)[],
  index: number,
): { readonly index: number; readonly cosine: number } | undefined {
  let best: { index: number; cosine: number } | undefined
  for (const [other, cluster] of clusters.entries()) {
    if (other === index || cluster === undefined) continue
    const cosine = cosineOf(clusters[index], cluster)
    if (best === undefined || cosine > best.cosine) best = { index: other, cosine }
  }
  return best
}

function cosineOf(one: Cluster | undefined, other: Cluster | undefined): number {
  return one === undefined || other === undefined ? -1 : cosineBetween(one.sum, other.sum)
}

/** Returns the cosine of the angle between two directions. */
export function cosineBetween(one: Float64Array, other: Float64Array): number {
  let [dot, a, b] = [0, 0, 0]
  for (let at = 0; at < one.length; at += 1) {
    const [x, y] = [one[at] ?? 0, other[at] ?? 0]
    dot += x * y
    a += x * x
    b += y * y
  }
  return dot / Math.sqrt(a * b + 1e-20)
}

/** Gives the voices of groups that are too small to those that are nearest, and numbers groups by their first voice. */
function withoutSmall(
  clusters: readonly Cluster[],
  voices: readonly Float64Array[],
  { speakers, fewest }: ClusterRules,
): Clusters {
  const bySize = clusters.toSorted((one, other) => other.members.length - one.members.length)
  const kept =
    speakers === undefined
      ? bySize.filter(({ members }, index) => index === 0 || members.length >= fewest)
      : bySize.slice(0, speakers)
  const order = kept.toSorted((one, other) => Math.min(...one.members) - Math.min(...other.members))
  const centres = order.map(({ sum }) => sum)
  const labels = voices.map((voice) => {
    const cosines = centres.map((centre) => cosineBetween(voice, centre))
    return cosines.indexOf(Math.max(...cosines))
  })
  for (const [label, { members }] of order.entries()) for (const member of members) labels[member] = label
  return { labels, centres }
}
