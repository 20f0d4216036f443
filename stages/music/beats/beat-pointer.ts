/** For each frame, natural logarithms of how well it fits. */
export interface BeatObservations {
  /** It is a beat. */
  readonly beat: Float32Array
  /** It is between two beats. */
  readonly between: Float32Array
}

export interface BeatPointerOptions {
  readonly framesPerSecond: number
  readonly slowestBpm?: number
  readonly fastestBpm?: number
  /** Natural logarithm of how well a tempo fits the song, for each beat that has it. */
  readonly tempoFit: (bpm: number) => number
}

/** Ratio of two neighbouring tempi of the grid. */
const tempoStep = 1.025
/** How many steps of the grid the tempo may change from one beat to the next, and what a step costs. */
const reach = 2
const tempoChangeCost = 1.5
/** How many frames a beat may be off its tempo, because it is played by hand and frames are coarse; and what that costs. */
const jitter = [0, -1, 1, -2, 2]
const jitterCost = [0, 0.2, 0.2, 1.6, 1.6]
const beginning = 255

/**
 * Returns the frames of the most likely beats: Viterbi's algorithm over a pointer that has a tempo and a place in its beat, as
 * in the bar pointer of Whiteley, Cemgil and Godsill (2006) and Krebs, Boeck and Widmer (2015). Between two beats nothing is
 * uncertain, so a beat is one step, as long as its tempo says, and what is observed meanwhile is a difference of two sums.
 */
export function trackBeats(observations: BeatObservations, options: BeatPointerOptions): readonly number[] {
  const { framesPerSecond, slowestBpm = 50, fastestBpm = 215, tempoFit } = options
  const frames = observations.beat.length
  const tempi: number[] = []
  for (let bpm = fastestBpm; bpm >= slowestBpm; bpm /= tempoStep) tempi.push(bpm)
  const lengths = tempi.map((bpm) => Math.round((60 * framesPerSecond) / bpm))
  const fits = tempi.map(tempoFit)
  const count = tempi.length
  const sums = runningSum(observations.between)
  const longest = Math.max(...lengths) + 2
  /** The score of the best path to a beat at a frame after which the tempo is this one. */
  const scores = new Float64Array(frames * count).fill(Number.NEGATIVE_INFINITY)
  /** The jitter of the beat before, and by how many steps the tempo changed. */
  const origins = new Uint8Array(frames * count).fill(beginning)
  const arrivals = new Float64Array(count)
  const jitters = new Uint8Array(count)
  for (let frame = 0; frame < frames; frame++) {
    const until = sums[frame] ?? 0
    for (let tempo = 0; tempo < count; tempo++) {
      arrivals[tempo] = Number.NEGATIVE_INFINITY
      for (let index = 0; index < jitter.length; index++) {
        const earlier = frame - (lengths[tempo] ?? 0) - (jitter[index] ?? 0)
        if (earlier < 0) continue
        const score =
          (scores[earlier * count + tempo] ?? 0) + until - (sums[earlier + 1] ?? 0) - (jitterCost[index] ?? 0)
        if (score <= (arrivals[tempo] ?? 0)) continue
        arrivals[tempo] = score
        jitters[tempo] = index
      }
    }
    for (let tempo = 0; tempo < count; tempo++) {
      let best = frame < longest ? until : Number.NEGATIVE_INFINITY
      let origin = beginning
      for (let shift = -reach; shift <= reach; shift++) {
        const score = (arrivals[tempo + shift] ?? Number.NEGATIVE_INFINITY) - Math.abs(shift) * tempoChangeCost
        if (score <= best) continue
        best = score
        origin = (shift + reach) * jitter.length + (jitters[tempo + shift] ?? 0)
      }
      scores[frame * count + tempo] = best + (observations.beat[frame] ?? 0) + (fits[tempo] ?? 0)
      origins[frame * count + tempo] = origin
    }
  }

  let best = { score: Number.NEGATIVE_INFINITY, frame: -1, tempo: 0 }
  for (let frame = Math.max(0, frames - longest); frame < frames; frame++) {
    for (let tempo = 0; tempo < count; tempo++) {
      // After the last beat there is no room for another one.
      if (frame + (lengths[tempo] ?? 0) + 2 < frames) continue
      const score = (scores[frame * count + tempo] ?? 0) + (sums[frames] ?? 0) - (sums[frame + 1] ?? 0)
      if (score > best.score) best = { score, frame, tempo }
    }
  }
  const beats: number[] = []
  let { frame, tempo } = best
  while (frame >= 0) {
    beats.push(frame)
    const origin = origins[frame * count + tempo] ?? beginning
    if (origin === beginning) break
    tempo += Math.floor(origin / jitter.length) - reach
    frame -= (lengths[tempo] ?? 0) + (jitter[origin % jitter.length] ?? 0)
  }
  return beats.reverse()
}

/** Returns, for each place, the sum of what is before it. */
export function runningSum(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (let at = 0; at < values.length; at++) sums[at + 1] = (sums[at] ?? 0) + (values[at] ?? 0)
  return sums
}
