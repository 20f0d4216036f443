import { type Evidence, type Phase, stepFrames } from './evidence.ts'
import type { Unit } from './units.ts'
import { countVotes, type Vote } from './votes.ts'

/** What a change of the offset has to explain: which of thousands of offsets it is, and that there is a cut at all. */
export const costOfCut = 24
/** What it costs to leave a unit out, as a film does that lacks its scene. */
export const costOfLeavingOut = 0.3
/** What leaves units out at the end costs besides. */
const costOfEarlyEnd = costOfCut / 2
/** A unit says no more against a place: it may be a sign, or whispered, or speech that was not found. */
export const leastNats = -2

export interface PlacingRequest {
  readonly units: readonly Unit[]
  readonly votes: readonly (readonly Vote[])[]
  readonly evidence: Evidence
  /** The film's time is the file's time, times this, plus an offset. */
  readonly ratio: number
  /** Offsets are tried from this many steps before the one in the middle to as many after it. */
  readonly reachSteps: number
  /** The offset in the middle, in steps. */
  readonly middleSteps?: number
}

/** Where units are placed. */
export interface Placing {
  /** How much likelier that is than anywhere, in nats, less what its cuts cost. */
  readonly nats: number
  /** The offset of each unit in seconds; undefined where it is left out. */
  readonly offsetsS: readonly (number | undefined)[]
}

const fromNowhere = -2
const fromBefore = -1

/**
 * Finds the best offset for each unit: the same for most, with a cut where that pays, and no unit before the one that
 * precedes it. By dynamic programming over units and offsets; between two cuts, units may be left out.
 */
export function placeUnits(request: PlacingRequest, keepsPath: boolean): Placing {
  const { units, evidence, ratio, reachSteps, middleSteps = 0 } = request
  const stepS = evidence.frameS * stepFrames
  const offsets = 2 * reachSteps + 1
  const firstS = (middleSteps - reachSteps) * stepS
  const steps = (atS: number) => Math.round((atS * ratio) / stepS)
  const farthest = units.reduce((most, { endS }) => Math.max(most, steps(endS)), 0)
  let best = new Float64Array(offsets).fill(Number.NEGATIVE_INFINITY)
  let next = new Float64Array(offsets)
  const scores = new Float64Array(offsets)
  // What is best among all placings that end at or before a step of the film; leaving out is paid for when it is read.
  const ended = new Float64Array(farthest + offsets + 1).fill(Number.NEGATIVE_INFINITY)
  const endedWith = new Int32Array(keepsPath ? ended.length : 0)
  const came = new Int32Array(keepsPath ? units.length * offsets : 0)
  let filled = -1
  let finalNats = Number.NEGATIVE_INFINITY
  let finalState = fromNowhere
  for (const [index, unit] of units.entries()) {
    scoreOffsets(request, unit, request.votes[index] ?? [], { scores, firstS, stepS })
    const start = steps(unit.startS)
    const fresh = index === 0 ? 0 : -costOfCut - costOfLeavingOut * index
    const later = units.length - 1 - index
    const after = later === 0 ? 0 : costOfEarlyEnd + costOfLeavingOut * later
    for (let at = 0; at < offsets; at += 1) {
      let from = fromBefore
      let value = best[at] ?? 0
      if (fresh > value) {
        value = fresh
        from = fromNowhere
      }
      const place = Math.min(start + at, filled)
      const jump =
        place < 0 ? Number.NEGATIVE_INFINITY : (ended[place] ?? 0) - costOfCut - costOfLeavingOut * (index - 1)
      if (jump > value) {
        value = jump
        from = endedWith[place] ?? fromNowhere
      }
      value += Math.max(leastNats, scores[at] ?? 0)
      next[at] = value
      if (keepsPath) came[index * offsets + at] = from
      if (value - after > finalNats) {
        finalNats = value - after
        finalState = index * offsets + at
      }
    }
    const end = steps(unit.endS)
    let run = Number.NEGATIVE_INFINITY
    let runState = fromNowhere
    if (end > 0) {
      const before = Math.min(end - 1, filled)
      run = before < 0 ? run : (ended[before] ?? run)
      runState = endedWith[before] ?? fromNowhere
    }
    for (let at = filled + 1; at < end; at += 1) {
      ended[at] = run
      if (keepsPath) endedWith[at] = runState
    }
    for (let at = 0; at < offsets; at += 1) {
      const place = end + at
      const value = (next[at] ?? 0) + costOfLeavingOut * index
      if (place <= filled && (ended[place] ?? 0) > run) {
        run = ended[place] ?? 0
        runState = endedWith[place] ?? fromNowhere
      }
      if (value > run) {
        run = value
        runState = index * offsets + at
      }
      ended[place] = run
      if (keepsPath) endedWith[place] = runState
    }
    filled = Math.max(filled, end + offsets - 1)
    ;[best, next] = [next, best]
  }
  const offsetsS: (number | undefined)[] = units.map(() => undefined)
  if (keepsPath)
    for (let state = finalState; state >= 0; ) {
      const [index, at] = [Math.floor(state / offsets), state % offsets]
      offsetsS[index] = firstS + at * stepS
      const from = came[state] ?? fromNowhere
      state = from === fromBefore ? state - offsets : from
    }
  return { nats: finalNats, offsetsS }
}

/** Writes how likely each offset is for a unit. */
function scoreOffsets(
  { evidence, ratio, reachSteps, middleSteps = 0 }: PlacingRequest,
  unit: Unit,
  votes: readonly Vote[],
  { scores, firstS, stepS }: { readonly scores: Float64Array; readonly firstS: number; readonly stepS: number },
): void {
  const { phases, frameS, margin } = evidence
  const frame = (atS: number) => Math.round((atS * ratio) / frameS) + margin + (middleSteps - reachSteps) * stepFrames
  const addSums = (sums: keyof Phase, atS: number, sign: 1 | -1) => {
    const first = frame(atS)
    const column = phases[((first % stepFrames) + stepFrames) % stepFrames]?.[sums]
    if (column === undefined) return
    const from = Math.floor(first / stepFrames)
    const last = column.length - 1
    for (let at = 0; at < scores.length; at += 1) {
      const place = from + at
      scores[at] = (scores[at] ?? 0) + sign * (column[Math.max(0, Math.min(last, place))] ?? 0)
    }
  }
  scores.fill(0)
  addSums('gain', unit.endS, 1)
  addSums('gain', unit.startS, -1)
  addSums('empty', unit.endS + unit.afterS, 1)
  addSums('empty', unit.startS - unit.beforeS, -1)
  if (votes.length > 0) countVotes(votes, ratio, { into: scores, firstS, stepS })
}
