import { sampleRateHz } from '../wav.ts'

/** How many samples a frame has, whose probability of speech is known: 32 ms. */
export const frameSamples = 512
export const frameS = frameSamples / sampleRateHz

/** A stretch of time, in frames; `to` is the one after its last. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Below this, nobody speaks in a frame. */
export const absentBelow = 0.3
const beginsAt = 0.5
const endsBelow = 0.35
/** A pause shorter than this is inside of speech. */
const shortestPauseFrames = Math.round(0.4 / frameS)
/** Less is a click. */
const shortestSpeechFrames = Math.round(0.1 / frameS)
/** Kept before and after speech, whose first and last sounds are quiet. */
const marginFrames = Math.round(0.25 / frameS)

/** Returns the stretches in which somebody speaks, from the probability of speech in each frame. */
export function speechSpans(probabilities: readonly number[]): readonly Span[] {
  const spans: Span[] = []
  let from: number | undefined
  let quiet = 0
  const end = (to: number) => {
    if (from !== undefined && to - from >= shortestSpeechFrames) spans.push({ from, to })
    from = undefined
  }
  for (const [frame, probability] of probabilities.entries()) {
    if (from === undefined) {
      if (probability >= beginsAt) from = frame
      quiet = 0
      continue
    }
    quiet = probability < endsBelow ? quiet + 1 : 0
    if (quiet >= shortestPauseFrames) end(frame + 1 - quiet)
  }
  end(probabilities.length - quiet)
  return withMargins(spans, probabilities.length)
}

function withMargins(spans: readonly Span[], count: number): readonly Span[] {
  return spans.map(({ from, to }, index) => {
    const before = spans[index - 1]
    const after = spans[index + 1]
    // Two stretches share the pause between them.
    const earliest = before === undefined ? 0 : Math.ceil((before.to + from) / 2)
    const latest = after === undefined ? count : Math.floor((to + after.from) / 2)
    return { from: Math.max(earliest, from - marginFrames), to: Math.min(latest, to + marginFrames) }
  })
}

/** Whisper hears 30 s at a time. */
const longestFrames = Math.floor(28 / frameS)
/** In a longer pause, Whisper tends to invent words. */
const longestPauseFrames = Math.round(3 / frameS)
/** How far before its end a window is searched for a place to cut within speech. */
const searchFrames = Math.round(10 / frameS)

/** Joins stretches of speech into windows that Whisper hears at once, cut where speech is least likely. */
export function windowsOf(spans: readonly Span[], probabilities: readonly number[]): readonly Span[] {
  const windows: Span[] = []
  let open: Span | undefined
  for (const span of spans.flatMap((long) => pieces(long, probabilities))) {
    const isJoined =
      open !== undefined && span.to - open.from <= longestFrames && span.from - open.to <= longestPauseFrames
    if (open !== undefined && !isJoined) windows.push(open)
    open = open !== undefined && isJoined ? { from: open.from, to: span.to } : span
  }
  return open === undefined ? windows : [...windows, open]
}

function pieces(span: Span, probabilities: readonly number[]): readonly Span[] {
  const cuts: Span[] = []
  let { from } = span
  while (span.to - from > longestFrames) {
    const latest = from + longestFrames
    let cut = latest
    for (let frame = latest - searchFrames; frame < latest; frame += 1) {
      if ((probabilities[frame] ?? 0) <= (probabilities[cut] ?? 0)) cut = frame
    }
    cuts.push({ from, to: cut })
    from = cut
  }
  return [...cuts, { from, to: span.to }]
}
