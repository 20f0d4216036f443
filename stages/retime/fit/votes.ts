import type { FittedCue, Unit } from './units.ts'

/** A word that was recognized, as it is compared, and when it begins. */
export interface HeardWord {
  readonly word: string
  readonly atS: number
}

/** How far a word may be from where its cue has it: cues do not tell the times of their words. */
const reachS = 0.6
/** How often a word of a cue is recognized where it is said. */
const recognized = 0.6
/** A word that is said more often says nothing. */
const mostOften = 12

/** What a word of a unit says of its place: where in the unit it is said, when in the film, and how surely (in nats). */
export interface Vote {
  readonly inS: number
  readonly atS: number
  readonly nats: number
}

/** Returns a text's words as they are compared. */
export function comparedWords(text: string): readonly string[] {
  return (
    text
      .normalize('NFKD')
      .toLowerCase()
      .replace(/\p{M}/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/** Returns for each unit where its words are heard in the film. */
export function votesOf(
  units: readonly Unit[],
  cues: readonly FittedCue[],
  { heard, filmS }: { readonly heard: readonly HeardWord[]; readonly filmS: number },
): readonly (readonly Vote[])[] {
  const times = new Map<string, number[]>()
  for (const { word, atS } of heard) {
    const known = times.get(word)
    if (known === undefined) times.set(word, [atS])
    else known.push(atS)
  }
  return units.map((unit) =>
    unit.cues.flatMap((index) => {
      const cue = cues[index]
      if (cue === undefined) return []
      const letters = cue.words.reduce((sum, word) => sum + word.length + 1, 0)
      let passed = 0
      return cue.words.flatMap((word) => {
        const inS = cue.startS + ((cue.endS - cue.startS) * passed) / Math.max(1, letters)
        passed += word.length + 1
        const said = times.get(word) ?? []
        if (said.length === 0 || said.length > mostOften) return []
        const byChance = Math.min(0.5, (said.length * 2 * reachS) / Math.max(1, filmS))
        const nats = Math.log(recognized / byChance)
        return nats <= 0 ? [] : said.map((atS) => ({ inS, atS, nats }))
      })
    }),
  )
}

/** Adds what votes say of each offset: the grid has `step` seconds, and begins with `firstS`. */
export function countVotes(
  votes: readonly Vote[],
  ratio: number,
  { into, firstS, stepS }: { readonly into: Float64Array; readonly firstS: number; readonly stepS: number },
): void {
  for (const { inS, atS, nats } of votes) {
    const centre = (atS - inS * ratio - firstS) / stepS
    const reach = reachS / stepS
    const to = Math.min(into.length - 1, Math.floor(centre + reach))
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= to; at += 1) {
      // Nearer is likelier, so that the best place is in the middle of what several words say.
      into[at] = (into[at] ?? 0) + nats * (1 - Math.abs(at - centre) / (2 * reach))
    }
  }
}
