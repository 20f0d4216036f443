import { type Evidence, evidenceOf, stepFrames, sumAt } from './evidence.ts'
import { bestShift, meanOnset, onsetSureness, pauseBeforeS } from './onsets.ts'
import { costOfCut, costOfLeavingOut, leastNats, type Placing, type PlacingRequest, placeUnits } from './place-units.ts'
import { coarseRatios, finerSteps, freeRatio, knownRatios, lowestRatio, type Ratio, sameSpeed } from './ratios.ts'
import { type FittedCue, type Unit, unitsOf } from './units.ts'
import { countVotes, type HeardWord, type Vote, votesOf } from './votes.ts'

export interface FitRequest {
  readonly cues: readonly FittedCue[]
  /** The probability of voice in each frame of the film. */
  readonly probabilities: readonly number[]
  readonly frameS: number
  /** How much later than it begins voice is found, in seconds. */
  readonly lagS: number
  /** What was recognized; empty where nothing was. */
  readonly heard: readonly HeardWord[]
  /** The most that cues are moved, in seconds. */
  readonly maxOffsetS: number
}

/** Cues that are moved by the same offset. */
export interface Piece {
  /** Indices of its cues in the file's order of time: from this one to before that one. */
  readonly offsetS: number
  readonly cues: readonly number[]
}

/** How well cues and voice agree. */
export interface Score {
  /** How much likelier the places of the cues are than any others, in nats. */
  readonly nats: number
  /** How much of the time of the cues has voice, from 0 to 1. */
  readonly voiced: number
  /** How much more voice there is just after the cues begin than just before, from -1 to 1. */
  readonly onsets: number
}

export type Verdict = 'right' | 'fitted' | 'unclear'

export interface Fit {
  readonly verdict: Verdict
  readonly ratio: Ratio
  readonly pieces: readonly Piece[]
  /** Cues of a scene that the film lacks. */
  readonly leftOut: readonly number[]
  readonly before: Score
  readonly after: Score
}

/** What a better place has to explain: that the file was not right as it is, and by which of thousands of offsets. */
const costOfOffset = 12
/**
 * What the places of cues say where they are sure, beyond what it cost to find them: where a film has scenes of quick talk
 * and scenes of little, a few long cues of any film are likelier in the former than elsewhere.
 */
const surelyPlaced = 15
/** A file whose cues are moved by less is right as it is: players and people do not tell the difference. */
export const rightWithinS = 0.1
/** How surely voice begins where cues do that are right, and where that alone says so. */
const beginTogether = 1
const surelyTogether = 1.5
/** How far around its place a piece is adjusted. */
const adjustS = 0.4
/** A film that lacks more of its scenes is another film. */
const mostLeftOut = 0.5
/** Fewer say nothing. */
const fewestUnits = 4

/** Fits cues to a film: offset, speed and cuts, each only where what is heard says so. */
export function fitCues(request: FitRequest, progress: (fraction: number) => void = () => {}): Fit {
  const filmS = request.probabilities.length * request.frameS
  const units = unitsOf(withinReach(request.cues, filmS + request.maxOffsetS))
  const lastS = units.reduce((most, { endS }) => Math.max(most, endS), 0)
  const marginS = request.maxOffsetS + Math.max(0, lastS * 1.06 - filmS) + 5
  const evidence = evidenceOf(request.probabilities, request.frameS, marginS)
  const votes = votesOf(units, request.cues, { heard: request.heard, filmS })
  const search = searchOf({ units, votes, evidence, maxOffsetS: request.maxOffsetS, lagS: request.lagS })
  const asIs = identity(request.cues)
  const before = scoreOf(search, asIs)
  if (units.length < fewestUnits) return { verdict: 'unclear', ...asIs, before, after: before }

  const found = adjusted(search, request.cues, bestHypothesis(search, progress))
  const after = scoreOf(search, found)
  const cost = costOfOffset + found.ratio.cost
  const isMostlyLeftOut = found.leftOut.length > mostLeftOut * request.cues.length
  if (after.nats - cost <= Math.max(surelyPlaced, before.nats) || isMostlyLeftOut) {
    return { verdict: isSurelyRight(search, before) ? 'right' : 'unclear', ...asIs, before, after: before }
  }
  if (isRight(request.cues, found)) return { verdict: 'right', ...asIs, before, after: before }
  return { verdict: 'fitted', ...found, before, after }
}

/** Returns cues with those that nothing could bring into the film as such of no length, which say nothing. */
function withinReach(cues: readonly FittedCue[], reachS: number): readonly FittedCue[] {
  return cues.map((cue) => (cue.endS * lowestRatio > reachS ? { ...cue, endS: cue.startS } : cue))
}

interface Search {
  readonly units: readonly Unit[]
  readonly votes: readonly (readonly Vote[])[]
  readonly evidence: Evidence
  readonly reachSteps: number
  readonly lagS: number
}

type Places = Pick<Fit, 'ratio' | 'pieces' | 'leftOut'>

function searchOf({ maxOffsetS, ...given }: Omit<Search, 'reachSteps'> & { readonly maxOffsetS: number }): Search {
  return { ...given, reachSteps: Math.ceil(maxOffsetS / (given.evidence.frameS * stepFrames)) }
}

function identity(cues: readonly FittedCue[]): Places {
  return { ratio: sameSpeed, pieces: [{ offsetS: 0, cues: cues.map((_, index) => index) }], leftOut: [] }
}

/** Of what is placed well, each unit says at least this much for its place, in nats. */
const wellPlaced = 0.3
const fewPieces = 3
/** How far around the best offset other speeds are tried, where there is one offset, and where speeds are free, in seconds. */
const nearS = 20
const freeReachS = 180

/** Returns the likeliest speed, and where it places the units. */
function bestHypothesis(search: Search, progress: (fraction: number) => void): { ratio: Ratio; placing: Placing } {
  const { units, evidence, reachSteps } = search
  const steps = (seconds: number) => Math.min(reachSteps, Math.ceil(seconds / (evidence.frameS * stepFrames)))
  const best = (ratios: readonly Ratio[], reach: Partial<PlacingRequest>, [from, to]: readonly [number, number]) =>
    ratios
      .map((ratio, index) => {
        progress(from + ((to - from) * index) / ratios.length)
        return { ratio, nats: placeUnits({ ...search, ...reach, ratio: ratio.value }, false).nats - ratio.cost }
      })
      .reduce((one, other) => (other.nats > one.nats ? other : one))
  let chosen = best([sameSpeed, ...knownRatios], {}, [0, 0.2])
  let placing = placeUnits({ ...search, ratio: chosen.ratio.value }, true)
  if (chosen.nats < wellPlaced * units.length || piecesIn(placing) > fewPieces) {
    const free = best(coarseRatios(), { reachSteps: steps(freeReachS) }, [0.2, 0.8])
    if (free.nats > chosen.nats) chosen = free
    placing = placeUnits({ ...search, ratio: chosen.ratio.value }, true)
  }
  const [offsetS = 0] = placing.offsetsS.filter((offset) => offset !== undefined)
  const middleSteps = Math.round(offsetS / (evidence.frameS * stepFrames))
  const near = piecesIn(placing) === 1 ? { reachSteps: steps(nearS), middleSteps } : {}
  for (const [round, step] of finerSteps.entries()) {
    const around = [-4, -3, -2, -1, 1, 2, 3, 4].map((at) => freeRatio(chosen.ratio.value + at * step))
    const finer = best(around, near, [0.8 + round / 15, 0.8 + (round + 1) / 15])
    if (finer.nats > chosen.nats) chosen = finer
  }
  return { ratio: chosen.ratio, placing: placeUnits({ ...search, ratio: chosen.ratio.value }, true) }
}

function piecesIn({ offsetsS }: Placing): number {
  const placed = offsetsS.filter((offset) => offset !== undefined)
  return placed.filter((offset, index) => index === 0 || offset !== placed[index - 1]).length
}

/** Makes pieces of the offsets of units, adjusts each to when voice begins, and places what was left out if there is room. */
function adjusted(
  search: Search,
  cues: readonly FittedCue[],
  { ratio, placing }: { readonly ratio: Ratio; readonly placing: Placing },
): Places {
  const { units, evidence } = search
  const runs: { offsetS: number; units: number[] }[] = []
  for (const [index, offsetS] of placing.offsetsS.entries()) {
    if (offsetS === undefined) continue
    const last = runs.at(-1)
    if (last !== undefined && Math.abs(last.offsetS - offsetS) < 1e-6) last.units.push(index)
    else runs.push({ offsetS, units: [index] })
  }
  for (const run of runs) {
    const times = onsetsOf(search, run.units).map((atS) => atS * ratio.value + run.offsetS)
    run.offsetS += bestShift(evidence, times, adjustS) - search.lagS
  }
  const leftOut: number[] = []
  for (const [index, offsetS] of placing.offsetsS.entries()) {
    const unit = units[index]
    if (offsetS !== undefined || unit === undefined) continue
    const next = runs.findIndex(({ units: [first = 0] }) => first > index)
    const [earlier, later] = next < 0 ? [runs.at(-1), undefined] : [runs[next - 1], runs[next]]
    const endOf = (run: typeof earlier) =>
      (units[run?.units.at(-1) ?? 0]?.endS ?? 0) * ratio.value + (run?.offsetS ?? 0)
    const startOf = (run: typeof later) => (units[run?.units[0] ?? 0]?.startS ?? 0) * ratio.value + (run?.offsetS ?? 0)
    if (earlier !== undefined && (later === undefined || unit.endS * ratio.value + earlier.offsetS <= startOf(later)))
      earlier.units.push(index)
    else if (
      later !== undefined &&
      unit.startS * ratio.value + later.offsetS >= (earlier === undefined ? 0 : endOf(earlier))
    )
      later.units.unshift(index)
    else leftOut.push(...unit.cues)
  }
  const pieces = runs.map(({ offsetS, units: members }) => ({
    offsetS,
    cues: members.flatMap((index) => units[index]?.cues ?? []),
  }))
  // Before the film begins, nothing can be shown.
  const placed = pieces.map(({ offsetS, cues: members }) => {
    const inFilm = members.filter((index) => (cues[index]?.endS ?? 0) * ratio.value + offsetS > 0)
    leftOut.push(...members.filter((index) => !inFilm.includes(index)))
    return { offsetS, cues: inFilm }
  })
  return { ratio, pieces: placed.filter((piece) => piece.cues.length > 0), leftOut: leftOut.sort((a, b) => a - b) }
}

/** Returns when those units begin that come after a pause, in the file's time; all of them where too few do. */
function onsetsOf({ units }: Pick<Search, 'units'>, members: readonly number[]): readonly number[] {
  const starts = members.flatMap((index) => {
    const unit = units[index]
    return unit === undefined ? [] : [unit]
  })
  const clear = starts.filter(({ beforeS }) => 2 * beforeS >= pauseBeforeS)
  return (clear.length < fewestUnits ? starts : clear).map(({ startS }) => startS)
}

/**
 * Whether cues are right as they are, where nothing fits better. Long cues over a film in which somebody nearly always
 * speaks agree with it whatever they say; so voice has to begin where they do, too.
 */
function isSurelyRight(search: Search, { nats }: Score): boolean {
  // Words say more than when voice begins.
  if (search.votes.some((votes) => votes.length > 0)) return nats > costOfOffset
  const sureness = onsetSureness(search.evidence, onsetsOf(search, [...search.units.keys()]))
  return nats > costOfOffset ? sureness >= beginTogether : sureness >= surelyTogether
}

function isRight(cues: readonly FittedCue[], { ratio, pieces, leftOut }: Places): boolean {
  if (leftOut.length > 0) return false
  return pieces.every(({ offsetS, cues: members }) =>
    members.every((index) => {
      const startS = cues[index]?.startS ?? 0
      return Math.abs(startS * (ratio.value - 1) + offsetS) < rightWithinS
    }),
  )
}

/** Says how well places agree with what is heard. */
function scoreOf({ units, votes, evidence }: Search, { ratio, pieces }: Places): Score {
  const offsets = new Map(pieces.flatMap(({ offsetS, cues }) => cues.map((index) => [index, offsetS] as const)))
  let nats = -costOfCut * Math.max(0, pieces.length - 1)
  let [voicedS, shownS] = [0, 0]
  const starts: number[] = []
  const vote = new Float64Array(1)
  for (const [index, unit] of units.entries()) {
    const offsetS = offsets.get(unit.cues[0] ?? -1)
    if (offsetS === undefined) {
      nats -= costOfLeavingOut
      continue
    }
    const at = (fileS: number) => fileS * ratio.value + offsetS
    const [before, start, end, after] = [
      at(unit.startS - unit.beforeS),
      at(unit.startS),
      at(unit.endS),
      at(unit.endS + unit.afterS),
    ]
    const { shown, empty, voice } = evidence
    vote.fill(0)
    countVotes(votes[index] ?? [], ratio.value, { into: vote, firstS: offsetS, stepS: 1 })
    const pauses =
      sumAt(empty, evidence, start) -
      sumAt(empty, evidence, before) +
      (sumAt(empty, evidence, after) - sumAt(empty, evidence, end))
    const inCue = sumAt(shown, evidence, end) - sumAt(shown, evidence, start)
    nats += Math.max(leastNats, inCue + pauses + (vote[0] ?? 0))
    voicedS += (sumAt(voice, evidence, end) - sumAt(voice, evidence, start)) * evidence.frameS
    shownS += end - start
    if (2 * unit.beforeS >= pauseBeforeS) starts.push(start)
  }
  return { nats, voiced: voicedS / Math.max(1e-9, shownS), onsets: meanOnset(evidence, starts) }
}
