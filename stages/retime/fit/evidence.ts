/**
 * Frames in which voice is heard hang together: a cue of two seconds does not say as much as its 62 frames would one by
 * one. This long is as good as one observation.
 */
const independentS = 0.5
/** How much of what could be otherwise a cue that is in its place explains. */
const explained = 0.6

/** How likely it is that cues stand where they do, by the voice that is heard, as sums from the start of the film. */
export interface Evidence {
  readonly frameS: number
  readonly frames: number
  /** The logarithm of how much likelier the frames before this one are, if a cue is shown in all of them. */
  readonly shown: Float64Array
  /** The same if none is shown. */
  readonly empty: Float64Array
  /** The probabilities of voice before this frame, summed. */
  readonly voice: Float64Array
  /** Frames before and after the film, in which no voice is. */
  readonly margin: number
  /** Every fourth of `empty` and of `shown` less `empty`, from each of the first four on: what the search reads in order. */
  readonly phases: readonly Phase[]
}

/** Sums in steps, so that those of neighbouring offsets are next to each other. */
export interface Phase {
  readonly empty: Float64Array
  readonly gain: Float64Array
}

/** How far apart the offsets are that are tried, in frames: 128 ms. */
export const stepFrames = 4

/**
 * Returns what the probability of voice in each frame says of cues: the logarithm of the likelihood ratio (in nats) of a
 * frame with a cue, and of one without, against any frame of the film.
 */
export function evidenceOf(probabilities: readonly number[], frameS: number, marginS: number): Evidence {
  const frames = probabilities.length
  const margin = Math.ceil(marginS / frameS)
  const mean = probabilities.reduce((sum, value) => sum + value, 0) / Math.max(1, frames)
  const usual = Math.min(0.98, Math.max(0.02, mean))
  const inCue = usual + explained * (1 - usual)
  const outside = (1 - explained) * usual
  const weight = frameS / independentS
  const ratio = (heard: number, expected: number) =>
    weight * (heard * Math.log(expected / usual) + (1 - heard) * Math.log((1 - expected) / (1 - usual)))
  const length = frames + 2 * margin + 1
  const shown = new Float64Array(length)
  const empty = new Float64Array(length)
  const voice = new Float64Array(length)
  for (let at = 1; at < length; at += 1) {
    const found = probabilities[at - 1 - margin]
    const heard = found ?? 0
    shown[at] = (shown[at - 1] ?? 0) + ratio(heard, inCue)
    // That nothing is heard outside of the film says nothing for what is placed there.
    empty[at] = (empty[at - 1] ?? 0) + (found === undefined ? 0 : ratio(heard, outside))
    voice[at] = (voice[at - 1] ?? 0) + heard
  }
  const phases = Array.from({ length: stepFrames }, (_, phase): Phase => {
    const count = Math.ceil((length - phase) / stepFrames)
    const at = (index: number) => empty[stepFrames * index + phase] ?? 0
    return {
      empty: Float64Array.from({ length: count }, (_, index) => at(index)),
      gain: Float64Array.from({ length: count }, (_, index) => (shown[stepFrames * index + phase] ?? 0) - at(index)),
    }
  })
  return { frameS, frames, shown, empty, voice, margin, phases }
}

/** Returns a sum at a time in seconds, between its frames in proportion. */
export function sumAt(sums: Float64Array, { frameS, margin }: Evidence, atS: number): number {
  const place = Math.min(sums.length - 1, Math.max(0, atS / frameS + margin))
  const low = Math.floor(place)
  const from = sums[low] ?? 0
  return from + (place - low) * ((sums[low + 1] ?? from) - from)
}
