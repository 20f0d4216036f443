import { type Clusters, clusterVoices, cosineBetween } from './cluster.ts'

/** A voice at a time: the direction in which it lies. */
export interface HeardVoice {
  readonly atS: number
  readonly direction: Float64Array
}

export interface TurnsRequest {
  readonly voices: readonly HeardVoice[]
  /** How many speakers there are, if that is known. */
  readonly speakers?: number | undefined
  /** Stretches of words between which a change of speaker is likely, in seconds. */
  readonly phrases: readonly { readonly startS: number; readonly endS: number }[]
}

/** Who speaks in each phrase, numbered from 0 by who speaks first, and how surely, from 0 to 1. */
export interface Turns {
  readonly speakers: number
  readonly phrases: readonly { readonly speaker: number; readonly sureness: number }[]
}

/** Measured on recorded meetings, a telephone call and made dialogues: two stretches of one voice are nearer than this. */
const sameAbove = 0.83
/** Fewer stretches, of 0.4 s each, are no speaker of their own. */
const fewest = 5
/** More than these are not compared with each other; the others are given to whom they are nearest. */
const mostCompared = 1200
/** How much nearer another voice has to be for a change of speaker between two phrases. */
const costOfChange = 0.06
/** A phrase that is shorter than this counts for less, in seconds. */
const sureAfterS = 1
/** How far around a phrase voices are heard, in seconds. */
const reachS = 0.5

/** Finds out who speaks when. */
export function findTurns({ voices, speakers, phrases }: TurnsRequest): Turns {
  const every = Math.max(1, Math.ceil(voices.length / mostCompared))
  const compared = voices.filter((_, index) => index % every === 0).map(({ direction }) => direction)
  const { centres } = clusterVoices(compared, { speakers, sameAbove, fewest: Math.max(1, Math.round(fewest / every)) })
  return numbered(likeliest(phrases.map((phrase) => nearness(phrase, voices, centres))))
}

/** Returns how near each speaker's voice is to those in a phrase. */
function nearness(
  { startS, endS }: { readonly startS: number; readonly endS: number },
  voices: readonly HeardVoice[],
  centres: Clusters['centres'],
): readonly number[] {
  const inside = voices.filter(({ atS }) => atS >= startS - 0.1 && atS <= endS + 0.1)
  const middleS = (startS + endS) / 2
  const near = voices.filter(({ atS }) => Math.abs(atS - middleS) <= reachS + (endS - startS) / 2)
  const heard = inside.length > 0 ? inside : near
  // A word or two say less of a voice than a sentence.
  const weight = Math.min(1, Math.max(0.2, (endS - startS) / sureAfterS))
  return centres.map((centre) => {
    const cosines = heard.map(({ direction }) => cosineBetween(direction, centre))
    return cosines.length === 0 ? 0 : (weight * cosines.reduce((sum, value) => sum + value, 0)) / cosines.length
  })
}

/** Returns the likeliest speaker of each phrase, where a change of speaker costs something (Viterbi). */
function likeliest(scores: readonly (readonly number[])[]): Turns['phrases'] {
  const count = scores[0]?.length ?? 0
  let best = Array.from({ length: count }, () => 0)
  const came: number[][] = []
  for (const row of scores) {
    const from = row.map((_, speaker) => {
      const values = best.map((value, other) => value - (other === speaker ? 0 : costOfChange))
      return values.indexOf(Math.max(...values))
    })
    best = row.map((score, speaker) => {
      const before = from[speaker] ?? speaker
      return (best[before] ?? 0) - (before === speaker ? 0 : costOfChange) + score
    })
    came.push(from)
  }
  let speaker = Math.max(0, best.indexOf(Math.max(...best)))
  const path: number[] = []
  for (let at = scores.length - 1; at >= 0; at -= 1) {
    path.unshift(speaker)
    speaker = came[at]?.[speaker] ?? speaker
  }
  return path.map((chosen, at) => {
    const row = scores[at] ?? []
    const others = row.filter((_, other) => other !== chosen)
    const lead = (row[chosen] ?? 0) - (others.length === 0 ? 0 : Math.max(...others))
    return { speaker: chosen, sureness: Math.max(0, Math.min(1, lead / 0.2)) }
  })
}

function numbered(phrases: Turns['phrases']): Turns {
  const order = [...new Set(phrases.map(({ speaker }) => speaker))]
  return {
    speakers: order.length,
    phrases: phrases.map(({ speaker, sureness }) => ({ speaker: order.indexOf(speaker), sureness })),
  }
}
