import { sampleRateHz } from '../wav.ts'
import { type CutPlace, cutPlaces, longestSamples } from './cut-places.ts'
import type { Moment } from './moments.ts'

/** A part of a recording that is recognized by itself, in samples of the recording. */
export interface Segment {
  /** What its file holds. */
  readonly from: number
  readonly to: number
  /** Which words of it count: those between these cuts. */
  readonly ownsFrom: number
  readonly ownsTo: number
}

const seconds = (count: number) => Math.round(count * sampleRateHz)

/** What is kept of the silence before and after speech. */
const marginSamples = seconds(1)
/** Where a cut may be within a word, both files hold it. */
const overlapSamples = seconds(1)
const speaksAt = 0.5
/** Less is a click. */
const shortestSpeech = 3

/** Returns the segments in which somebody speaks. */
export function segmentsOf(moments: readonly Moment[], samples: number): readonly Segment[] {
  const cuts = [edge(0), ...cutPlaces(moments, samples), edge(samples)]
  let next = 0
  return cuts.slice(1).flatMap((end, index) => {
    const begin = cuts[index] ?? edge(0)
    const heard: Moment[] = []
    for (; next < moments.length && (moments[next]?.from ?? 0) < end.at; next += 1) {
      const moment = moments[next]
      if (moment !== undefined && moment.presence >= speaksAt) heard.push(moment)
    }
    const [first, last] = [heard.at(0), heard.at(-1)]
    if (first === undefined || last === undefined || heard.length < shortestSpeech) return []
    const earliest = begin.isPause ? begin.at : Math.max(0, begin.at - overlapSamples)
    const latest = end.isPause ? end.at : Math.min(samples, end.at + overlapSamples)
    return [
      {
        from: Math.max(earliest, first.from - marginSamples),
        to: Math.min(latest, last.from + marginSamples),
        ownsFrom: begin.at,
        ownsTo: end.at,
      },
    ]
  })
}

function edge(at: number): CutPlace {
  return { at, worth: 0, isPause: true }
}

/** Returns whether a recording is so short that it is recognized as a whole. */
export function isShort(samples: number): boolean {
  return samples <= longestSamples + 2 * overlapSamples
}
