import { intersections, joinedSpans, type Span, spansWithout } from '../spans.ts'
import type { FoundTone } from './found-tone.ts'
import { type CallTone, toneOf } from './table.ts'

/** A stretch of a finished call: seconds of the call as recorded, or a tone that is made. */
export interface Cut {
  readonly lengthS: number
  readonly fromS?: number
  readonly made?: CallTone
}

export interface CutRequest {
  readonly callTones: 'off' | 'find' | 'trim' | 'complete'
  readonly country: string
  readonly lengthS: number
  /** The tones of all sides, in seconds of the call. */
  readonly tones: readonly FoundTone[]
  /** When each side speaks, in seconds of the call. */
  readonly speech: readonly (readonly Span[])[]
}

/** So much is kept beside speech. */
const marginS = 0.2
/** The first and last moments of a tone, which fade. */
const toneEndS = 0.04
/** A call rings within its first seconds, and is hung up within its last. */
const edgeS = 10
/** What is made: a ring, and a few times busy. */
const [ringS, busyS] = [5, 2]

/** Returns what a finished call is made of. What anybody says is never cut. */
export function cutsOf({ callTones, country, lengthS, tones, speech }: CutRequest): readonly Cut[] {
  const network = tones.filter(({ kind }) => kind !== 'sit' && kind !== 'fax' && kind !== 'dtmf')
  const whole = { fromS: 0, lengthS }
  if (callTones === 'trim') {
    const kept = spansWithout(lengthS, removable(network, speech)).map(cutOf)
    // What is nothing but tones stays as it is.
    return kept.length === 0 ? [whole] : kept
  }
  if (callTones !== 'complete') return [whole]
  const code = country === 'auto' ? (network.flatMap(({ countries }) => countries)[0] ?? 'itu') : country
  const isHeard = (kinds: readonly FoundTone['kind'][], span: Span) =>
    network.some((tone) => kinds.includes(tone.kind) && tone.toS > span.fromS && tone.fromS < span.toS)
  const [ring, busy] = [toneOf(code, 'ring'), toneOf(code, 'busy')]
  const before =
    isHeard(['ring'], { fromS: 0, toS: edgeS }) || ring === undefined ? [] : [{ lengthS: cycleOf(ring), made: ring }]
  const after =
    isHeard(['busy', 'congestion'], { fromS: lengthS - edgeS, toS: lengthS }) || busy === undefined
      ? []
      : [{ lengthS: busyS, made: busy }]
  return [...before, whole, ...after]
}

/** Returns when only tones are heard: not while another side speaks. */
function removable(tones: readonly FoundTone[], speech: readonly (readonly Span[])[]): readonly Span[] {
  const spans = tones.flatMap((tone) => {
    const { channel } = tone
    const [fromS, toS] = [Math.max(0, tone.fromS - toneEndS), tone.toS + toneEndS]
    const said = speech.flatMap((spans, side) =>
      side === channel ? [] : spans.map((span) => ({ fromS: span.fromS - marginS, toS: span.toS + marginS })),
    )
    return spansWithout(
      toS - fromS,
      intersections([{ fromS, toS }], joinedSpans(said, 0)).map((span) => shifted(span, -fromS)),
    ).map((span) => shifted(span, fromS))
  })
  return joinedSpans(spans, 0)
}

function shifted({ fromS, toS }: Span, byS: number): Span {
  return { fromS: fromS + byS, toS: toS + byS }
}

function cutOf({ fromS, toS }: Span): Cut {
  return { fromS, lengthS: toS - fromS }
}

function cycleOf({ cadence }: CallTone): number {
  return cadence.length === 0 ? ringS : cadence.reduce((sum, seconds) => sum + seconds, 0)
}
