import { type Features, frameS } from './features.ts'

export type Kind = 'speech' | 'music' | 'noise' | 'tone'

/** A stretch of sound, in frames; `to` is the one after its last. */
export interface Run {
  readonly kind: Kind
  readonly from: number
  readonly to: number
}

/** What is quieter than this is silence, however quiet the rest is, in dB of full scale. */
const silenceDb = -55
/** How much louder than the quietest parts of a recording something has to be. */
const aboveFloorDb = 8
const frames = (seconds: number) => Math.round(seconds / frameS)
/** A pause shorter than this is inside of speech. */
const shortestPause = frames(0.4)
/** Less is a click. */
const shortestRun = frames(0.1)
/** The quiet first and last sounds of words. */
const margin = frames(0.06)
const windowFrames = frames(2)
const windowHop = frames(0.5)
/** Music and noise last: what is heard around a moment decides, too. */
const contextWindows = 4

/** Returns the level that what is heard while nothing is said has, and the one above which something is. */
export function thresholdsOf(levelDb: Float32Array): { readonly floorDb: number; readonly thresholdDb: number } {
  const sorted = levelDb.toSorted()
  const floorDb = sorted[Math.floor(sorted.length / 10)] ?? silenceDb
  const topDb = sorted[Math.floor(sorted.length * 0.97)] ?? silenceDb
  // Where nothing is quiet, as in music on hold, the floor is the sound itself.
  return { floorDb, thresholdDb: Math.max(silenceDb, Math.min(floorDb + aboveFloorDb, topDb - 20)) }
}

interface Sounding {
  readonly fromS: number
  readonly toS: number
}

/**
 * Finds stretches of speech, music and noise; between them is silence. When tones sound is known, in seconds, and when beeps
 * do, which may be notes of music.
 */
export function runsOf(
  features: Features,
  tones: readonly Sounding[],
  beeps: readonly Sounding[] = [],
): readonly Run[] {
  const { levelDb } = features
  const { thresholdDb } = thresholdsOf(levelDb)
  const active = activeSpans(levelDb, thresholdDb)
  const kinds = smoothed(windowKinds(features, thresholdDb))
  const [isTone, isBeep] = [sounds(levelDb.length, tones), sounds(levelDb.length, beeps)]
  const runs: Run[] = []
  for (const { from, to } of active) {
    for (let frame = from; frame < to; frame++) {
      const around = kinds[Math.min(kinds.length - 1, Math.floor(frame / windowHop))] ?? 'speech'
      const kind = isTone[frame] === 1 || (isBeep[frame] === 1 && around !== 'music') ? 'tone' : around
      const last = runs.at(-1)
      if (last !== undefined && last.to === frame && last.kind === kind)
        runs[runs.length - 1] = { ...last, to: frame + 1 }
      else runs.push({ kind, from: frame, to: frame + 1 })
    }
  }
  return joined(runs)
}

/** Returns a 1 for each frame in which one of these sounds. */
function sounds(length: number, spans: readonly Sounding[]): Uint8Array {
  const is = new Uint8Array(length)
  // A frame is called by its beginning, and is 32 ms long.
  for (const { fromS, toS } of spans) is.fill(1, Math.max(0, frames(fromS) - 2), Math.max(0, frames(toS) + 1))
  return is
}

function activeSpans(
  levelDb: Float32Array,
  thresholdDb: number,
): readonly { readonly from: number; readonly to: number }[] {
  const spans: { from: number; to: number }[] = []
  let from: number | undefined
  let lastLoud = 0
  const end = () => {
    if (from === undefined) return
    const span = { from: Math.max(0, from - margin), to: Math.min(levelDb.length, lastLoud + 1 + margin) }
    const before = spans.at(-1)
    if (lastLoud + 1 - from < shortestRun) return
    if (before !== undefined && span.from <= before.to) before.to = span.to
    else spans.push(span)
  }
  for (const [frame, db] of levelDb.entries()) {
    if (db > thresholdDb) {
      from ??= frame
      lastLoud = frame
    } else if (from !== undefined && frame - lastLoud > shortestPause) {
      end()
      from = undefined
    }
  }
  end()
  return spans
}

/** Returns the kind of each stretch of half a second, by the two seconds around it; undefined for silence. */
function windowKinds(features: Features, thresholdDb: number): (Kind | undefined)[] {
  const { levelDb, flatness, flux } = features
  const count = Math.ceil(levelDb.length / windowHop)
  return Array.from({ length: count }, (_, window) => {
    const from = Math.max(0, window * windowHop + windowHop / 2 - windowFrames / 2)
    const levels = levelDb.subarray(from, from + windowFrames)
    const sorted = levels.toSorted()
    const topDb = quantile(sorted, 0.95)
    if (topDb <= thresholdDb) return undefined
    const loud: number[] = []
    for (const [index, db] of levels.entries()) if (db > topDb - 25) loud.push(from + index)
    const changes = sortedOf(flux, loud)
    const flat = sortedOf(flatness, loud)
    return kindOf({
      levelSpread: quantile(sorted, 0.9) - quantile(sorted, 0.1),
      change: changes.reduce((sum, value) => sum + value, 0) / Math.max(1, changes.length),
      changeSpread: quantile(changes, 0.9) - quantile(changes, 0.1),
      flatness: quantile(flat, 0.5),
      flatnessSpread: Math.log(quantile(flat, 0.9) / (quantile(flat, 0.1) + 1e-6)),
    })
  })
}

interface Traits {
  /** How far the loud and the quiet parts are apart, in dB. */
  readonly levelSpread: number
  readonly change: number
  readonly changeSpread: number
  readonly flatness: number
  /** The logarithm of how many times flatter the flattest parts are. */
  readonly flatnessSpread: number
}

/**
 * Speech goes between vowels, hiss and pauses all the time; noise changes much from frame to frame and always as much; music
 * does neither. The numbers are the places between the quantiles that were measured on recorded speech, music and noise.
 */
function kindOf({ levelSpread, change, changeSpread, flatness, flatnessSpread }: Traits): Kind {
  const likeSpeech = (flatnessSpread - 2.3) / 0.7 + (changeSpread - 0.34) / 0.07 + (Math.min(30, levelSpread) - 14) / 7
  if (likeSpeech > 0) return 'speech'
  return (change > 0.425 && changeSpread < 0.32) || flatness > 0.3 ? 'noise' : 'music'
}

/** Lets the windows around each decide with it. Silence has no voice. */
function smoothed(kinds: readonly (Kind | undefined)[]): Kind[] {
  return kinds.map((own, index) => {
    const votes: Record<Kind, number> = { speech: 0, music: 0, noise: 0, tone: 0 }
    for (let at = Math.max(0, index - contextWindows); at <= Math.min(kinds.length - 1, index + contextWindows); at++) {
      const kind = kinds[at]
      if (kind !== undefined) votes[kind] += at === index ? 1.5 : 1
    }
    const [best] = (Object.entries(votes) as [Kind, number][]).sort(([, one], [, other]) => other - one)
    return best === undefined || best[1] === 0 ? (own ?? 'speech') : best[0]
  })
}

/** Joins what belongs together: short stretches of another kind are part of what is around them. */
function joined(runs: readonly Run[]): readonly Run[] {
  const made: Run[] = []
  for (const run of runs) {
    const before = made.at(-1)
    const touches = before !== undefined && run.from - before.to <= shortestPause
    const isShort = run.to - run.from < frames(run.kind === 'tone' ? 0.12 : 0.5)
    if (touches && (before.kind === run.kind || (isShort && before.kind !== 'tone')))
      made[made.length - 1] = { ...before, to: run.to }
    else made.push(run)
  }
  return merged(breathing(made)).filter(({ from, to }) => to - from >= shortestRun)
}

function merged(runs: readonly Run[]): readonly Run[] {
  const made: Run[] = []
  for (const run of runs) {
    const before = made.at(-1)
    if (before?.kind === run.kind && run.from - before.to <= shortestPause)
      made[made.length - 1] = { ...before, to: run.to }
    else made.push(run)
  }
  return made
}

/** Noise that touches speech, and is no longer than a sentence, is speech: whispered, far away or in a noisy place. */
function breathing(runs: readonly Run[]): readonly Run[] {
  const isNear = (one: Run | undefined, other: Run | undefined) =>
    one !== undefined && other !== undefined && other.from - one.to <= 2 * shortestPause
  return runs.map((run, index) => {
    const [before, after] = [runs[index - 1], runs[index + 1]]
    const touches =
      (before?.kind === 'speech' && isNear(before, run)) || (after?.kind === 'speech' && isNear(run, after))
    return run.kind === 'noise' && touches && run.to - run.from <= frames(4) ? { ...run, kind: 'speech' } : run
  })
}

function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0
}

function sortedOf(values: Float32Array, at: readonly number[]): Float32Array {
  return Float32Array.from(at, (index) => values[index] ?? 0).sort()
}
