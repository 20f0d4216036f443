import { sampleRateHz } from '../wav.ts'
import { frameSamples } from '../whisper/speech-presence.ts'
import type { Moment } from './moments.ts'

const seconds = (count: number) => Math.round(count * sampleRateHz)

/** Whisper hears 30 s at a time; what a segment has beyond its cuts counts, too. */
export const longestSamples = seconds(28)
/** A cut is the best place within this distance on either side, and segments are no shorter. */
const reachSamples = seconds(11)
/** A pause between two words. */
const shortestPause = seconds(0.2)
const silentBelow = 0.35
/** How many frames on either side of one decide how quiet it is there. */
const dipFrames = 2

/** A place where a recording may be cut, in samples. */
export interface CutPlace {
  readonly at: number
  /** How good a place it is: of two, the better one is taken. */
  readonly worth: number
  /** Whether nobody speaks there, so that no word is cut. */
  readonly isPause: boolean
}

/**
 * Returns where a recording is cut, in order. Each cut depends on what is near it alone: it is the best pause within reach on
 * either side. What is too long even so is cut within, at its best pause or, where nobody pauses, where it is quietest.
 */
export function cutPlaces(moments: readonly Moment[], endSamples: number): readonly CutPlace[] {
  const pauses = pausesIn(moments)
  const ends = { first: 0, last: endSamples }
  const best = pauses.filter((pause, index) => isBest(pauses, index) && isInside(pause, ends))
  const cuts: CutPlace[] = []
  let from = 0
  for (const cut of [...best, undefined]) {
    const to = cut?.at ?? endSamples
    cuts.push(...cutsWithin(from, to, { moments, pauses }))
    if (cut !== undefined) cuts.push(cut)
    from = to
  }
  return cuts
}

function isInside({ at }: CutPlace, { first, last }: { readonly first: number; readonly last: number }): boolean {
  return at - first >= reachSamples && last - at >= reachSamples
}

/** Returns whether no pause within reach is longer; of two that are as long, the first is taken. */
function isBest(pauses: readonly CutPlace[], index: number): boolean {
  const pause = pauses[index]
  if (pause === undefined) return false
  for (const [step, beats] of [
    [-1, (other: CutPlace) => other.worth >= pause.worth],
    [1, (other: CutPlace) => other.worth > pause.worth],
  ] as const) {
    for (let next = index + step; ; next += step) {
      const other = pauses[next]
      if (other === undefined || Math.abs(other.at - pause.at) > reachSamples) break
      if (beats(other)) return false
    }
  }
  return true
}

interface Places {
  readonly moments: readonly Moment[]
  readonly pauses: readonly CutPlace[]
}

function cutsWithin(from: number, to: number, places: Places): readonly CutPlace[] {
  if (to - from <= longestSamples) return []
  const inside = (place: CutPlace) => isInside(place, { first: from, last: to })
  const pause = bestOf(places.pauses.filter(inside))
  const near = places.moments.filter(({ from: at }) => at >= from && at < to)
  const cut = pause ?? bestOf(dipsIn(near).filter(inside))
  if (cut === undefined) return []
  return [...cutsWithin(from, cut.at, places), cut, ...cutsWithin(cut.at, to, places)]
}

function bestOf(places: readonly CutPlace[]): CutPlace | undefined {
  return places.reduce<CutPlace | undefined>(
    (best, place) => (best === undefined || place.worth > best.worth ? place : best),
    undefined,
  )
}

/** A pause this long mostly ends a sentence, or a part of one. */
const [sentencePause, phrasePause] = [seconds(0.6), seconds(0.35)]

/**
 * Returns all pauses. One that ends a sentence is worth more than others; among such, chance decides, which the sound before
 * them throws: were the longest the best, a new pause would take the place of its neighbours too often.
 */
function pausesIn(moments: readonly Moment[]): readonly CutPlace[] {
  const pauses: CutPlace[] = []
  let first: number | undefined
  for (const [index, { from: to, presence }] of moments.entries()) {
    if (presence < silentBelow) {
      first ??= index
      continue
    }
    const length = to - (moments[first ?? index]?.from ?? to)
    if (first !== undefined && length >= shortestPause) {
      const kind = length >= sentencePause ? 2 : length >= phrasePause ? 1 : 0
      const before = leastHash(moments.slice(Math.max(0, first - chanceFrames), first))
      const chance = (before?.hash ?? 0) / 2 ** 32
      pauses.push({ at: placeIn(moments.slice(first, index), to), worth: kind - chance, isPause: true })
    }
    first = undefined
  }
  return pauses
}

/** How much of the sound before a pause throws the dice. */
const chanceFrames = 30
/** What a pause keeps on either side of a cut, where it is long enough. */
const keptSamples = seconds(0.2)

/** Returns where a pause is cut: at a place that its sound decides, so that it is the same where frames begin elsewhere. */
function placeIn(pause: readonly Moment[], to: number): number {
  const from = pause[0]?.from ?? to
  const kept = Math.min(keptSamples, Math.floor((to - from) / 3))
  const middle = pause[pause.length >> 1]
  if (middle !== undefined && middle.flatFrom <= middle.from)
    return Math.max(from, Math.min(middle.flatFrom + kept, to - kept))
  const inner = pause.filter((moment) => moment.from >= from + kept && moment.from + frameSamples <= to - kept)
  return leastHash(inner)?.hashAt ?? Math.floor((from + to) / 2)
}

function leastHash(moments: readonly Moment[]): Moment | undefined {
  return moments.reduce<Moment | undefined>(
    (least, moment) => (least === undefined || moment.hash < least.hash ? moment : least),
    undefined,
  )
}

/** Returns the middles of all moments, each worth as much as it is quiet there. */
function dipsIn(moments: readonly Moment[]): readonly CutPlace[] {
  return moments.map(({ from }, index) => {
    const around = moments.slice(Math.max(0, index - dipFrames), index + dipFrames + 1)
    const loudness = around.reduce((sum, { levelDb }) => sum + levelDb, 0) / around.length
    return { at: from + frameSamples / 2, worth: -loudness, isPause: false }
  })
}
