import { frameS } from '../../../stages/speech/whisper/speech-presence.ts'

export interface Spoken {
  readonly startS: number
  readonly endS: number
}

/** Returns numbers from 0 to 1 that look random and are the same each time (Park and Miller 1988). */
export function randomFrom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Returns when somebody speaks in a made-up film: phrases of one to five seconds, with breaths and longer pauses between. */
export function phrases(lengthS: number, seed = 1): readonly Spoken[] {
  const random = randomFrom(seed)
  const spoken: Spoken[] = []
  for (let atS = 3; atS < lengthS - 6; ) {
    const endS = atS + 1 + 4 * random()
    spoken.push({ startS: atS, endS })
    atS = endS + (random() < 0.8 ? 0.3 + random() : 2 + 8 * random())
  }
  return spoken
}

/** Returns the probability of voice in each frame of a film in which this is spoken, as a detector guesses it. */
export function presenceOf(spoken: readonly Spoken[], lengthS: number, seed = 2): number[] {
  const random = randomFrom(seed)
  const found = Array.from({ length: Math.floor(lengthS / frameS) }, () => 0.2 * random())
  for (const { startS, endS } of spoken)
    for (let at = Math.round(startS / frameS); at < Math.round(endS / frameS) && at < found.length; at += 1)
      found[at] = random() < 0.08 ? 0.3 : 0.75 + 0.25 * random()
  return found
}

/** Returns cues for what is spoken, as people time them: up to 60 ms early or late, and on screen a little longer. */
export function cuesFor(spoken: readonly Spoken[], seed = 3): readonly Spoken[] {
  const random = randomFrom(seed)
  return spoken.map(({ startS, endS }, index) => {
    const nextS = spoken[index + 1]?.startS ?? Number.POSITIVE_INFINITY
    return { startS: startS + 0.12 * (random() - 0.5), endS: Math.min(nextS - 0.08, endS + 0.5 * random()) }
  })
}
