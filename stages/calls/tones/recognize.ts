import type { Burst } from './bursts.ts'
import type { FoundTone } from './found-tone.ts'
import { type CallTone, callTones, type ToneKind, toneKinds } from './table.ts'

/** Exchanges are off by so much, in Hz; ITU-T E.180 allows 425 Hz to be 400 to 450. */
const toleranceHz = 9
/** Frequencies that a person could not tell apart do not tell countries apart. */
const sameHz = 2.5
/** The longest silence within a tone, in seconds, and a little more. */
const longestGapS = 4.6
/** How far a duration may be off: exchanges keep theirs within a tenth, and ends are measured within 20 ms. */
const isNear = (measuredS: number, tableS: number) => Math.abs(measuredS - tableS) <= Math.max(0.05, 0.12 * tableS)
const shortestDialS = 1.2
/** Of rings of this length, one may be cut by the beginning of the recording or by the answer. */
const longRingS = 0.9

/** A run of bursts of the same frequencies. */
interface Train {
  readonly hz: readonly number[]
  readonly bursts: readonly Burst[]
}

/** Names the tones that bursts are, by frequencies and cadence. What is no known tone is left out. */
export function recognizeTones(bursts: readonly Burst[], channel: number, country?: string): readonly FoundTone[] {
  const special = sitTones(bursts)
  const inSpecial = new Set(special.flatMap(({ bursts: own }) => own))
  const trains = trainsOf(bursts.filter((burst) => !inSpecial.has(burst)))
  const named = trains.flatMap((train) => {
    const match = bestMatch(train, country)
    return match === undefined ? [] : [{ train, ...match }]
  })
  return [
    ...special.map((train) => foundTone(train, { kind: 'sit', countries: [], otherwise: [], cadence: [] }, channel)),
    ...named.map(({ train, ...match }) => foundTone(train, match, channel)),
  ].sort((one, other) => one.fromS - other.fromS)
}

interface Match {
  readonly kind: ToneKind
  readonly countries: readonly string[]
  readonly otherwise: readonly string[]
  readonly cadence: readonly number[]
}

function foundTone({ hz, bursts }: Train, { kind, countries, otherwise, cadence }: Match, channel: number): FoundTone {
  const snrs = bursts.map(({ snrDb }) => snrDb).sort((one, other) => one - other)
  return {
    kind,
    countries: [...countries],
    otherwise: [...otherwise],
    channel,
    fromS: rounded(bursts[0]?.fromS ?? 0),
    toS: rounded(bursts.at(-1)?.toS ?? 0),
    hz: hz.map((value) => Math.round(value * 10) / 10),
    cadence: cadence.map(rounded),
    bursts: bursts.length,
    snrDb: Math.round((snrs[Math.floor(snrs.length / 2)] ?? 0) * 10) / 10,
  }
}

function trainsOf(bursts: readonly Burst[]): readonly Train[] {
  const trains: { hz: readonly number[]; bursts: Burst[] }[] = []
  for (const burst of bursts) {
    const open = trains.findLast(
      ({ hz, bursts: own }) =>
        burst.fromS - (own.at(-1)?.toS ?? 0) <= longestGapS * 1.15 && hasSame(hz, burst.hz, toleranceHz),
    )
    if (open === undefined) trains.push({ hz: burst.hz, bursts: [burst] })
    else open.bursts.push(burst)
  }
  // The longest burst knows its frequencies best.
  return trains.map(({ bursts: own }) => {
    const longest = own.reduce((best, burst) => (lengthOf(burst) > lengthOf(best) ? burst : best))
    return { hz: longest.hz, bursts: own }
  })
}

function hasSame(ones: readonly number[], others: readonly number[], withinHz: number): boolean {
  return ones.length === others.length && ones.every((hz, index) => Math.abs(hz - (others[index] ?? 0)) <= withinHz)
}

function lengthOf({ fromS, toS }: Burst): number {
  return toS - fromS
}

/** Returns the tone of the table that is nearest, with all countries that have one as near. */
function bestMatch(train: Train, country: string | undefined): Match | undefined {
  const matches = callTones.flatMap((tone) => {
    if (country !== undefined && tone.country !== country) return []
    if (!hasSame(tone.hz, train.hz, toleranceHz)) return []
    const cadence = cadenceOf(train, tone)
    if (cadence === undefined) return []
    const hzOff = Math.max(...tone.hz.map((hz, index) => Math.abs(hz - (train.hz[index] ?? 0))))
    return [{ tone, cadence, hzOff }]
  })
  const nearestHz = Math.min(...matches.map(({ hzOff }) => hzOff))
  const near = matches.filter(({ hzOff }) => hzOff <= nearestHz + sameHz)
  const [best] = near.toSorted((one, other) => one.cadence.off - other.cadence.off)
  if (best === undefined) return countryless(train)
  const same = near.filter(({ tone, cadence }) => tone.country !== 'itu' && cadence.off <= best.cadence.off + 0.02)
  const of = (kind: ToneKind) => same.filter(({ tone }) => tone.kind === kind)
  // What is busy in one country is congestion in another: the more of them have the same, the likelier it is.
  const kind = toneKinds.reduce((most, next) => (of(next).length > of(most).length ? next : most), best.tone.kind)
  return {
    kind,
    countries: of(kind).map(({ tone }) => tone.country),
    otherwise: same.flatMap(({ tone }) => (tone.kind === kind ? [] : [`${tone.kind} ${tone.country}`])),
    cadence: best.cadence.measured,
  }
}

interface Cadence {
  /** How far it is from that of the table, as a share of it. */
  readonly off: number
  readonly measured: readonly number[]
}

/** Holds the durations of a train against those of a tone; undefined where they do not fit. */
function cadenceOf({ bursts }: Train, { kind, cadence }: CallTone): Cadence | undefined {
  const [first] = bursts
  if (first === undefined) return undefined
  if (cadence.length === 0) {
    const isLong = lengthOf(first) >= shortestDialS && bursts.length === 1
    return isLong ? { off: 0.03, measured: [] } : undefined
  }
  const phases = cadence.length / 2
  const fits = Array.from({ length: phases }, (_, phase) => fitAt(bursts, cadence, phase)).filter(
    (fit) => fit !== undefined,
  )
  const [best] = fits.sort((one, other) => one.off - other.off)
  return best !== undefined && isEnough(bursts, cadence, kind) ? best : undefined
}

/** A vowel may be as long as one burst, and two words as two: it takes three, or one that rings for long. */
function isEnough(bursts: readonly Burst[], cadence: readonly number[], kind: CallTone['kind']): boolean {
  if (bursts.length >= 3) return bursts.some((burst) => cadence.some((seconds) => isNear(lengthOf(burst), seconds)))
  const [first, second] = bursts
  const [onS = 0] = cadence
  if (first === undefined || kind !== 'ring') return false
  const isWhole = (burst: Burst) => isNear(lengthOf(burst), onS) && burst.snrDb >= 6
  if (second === undefined) return cadence.length === 2 && isWhole(first)
  const areWhole = onS >= longRingS ? isWhole(first) || isWhole(second) : isWhole(first) && isWhole(second)
  return areWhole && hasSame(first.hz, second.hz, sameHz)
}

/** Holds the bursts against a cadence whose `phase`th sound is the first burst. The first and the last may be cut. */
function fitAt(bursts: readonly Burst[], cadence: readonly number[], phase: number): Cadence | undefined {
  const sums = cadence.map(() => 0)
  const counts = cadence.map(() => 0)
  for (const [index, burst] of bursts.entries()) {
    const on = (2 * (phase + index)) % cadence.length
    const next = bursts[index + 1]
    const isEdge = index === 0 || next === undefined
    const wholeS = cadence[on] ?? 0
    const isCut = isEdge && lengthOf(burst) < wholeS
    if (!isNear(lengthOf(burst), wholeS) && !isCut) return undefined
    if (!isCut || isNear(lengthOf(burst), wholeS)) {
      sums[on] = (sums[on] ?? 0) + lengthOf(burst)
      counts[on] = (counts[on] ?? 0) + 1
    }
    if (next === undefined) continue
    const gapS = next.fromS - burst.toS
    if (!isNear(gapS, cadence[on + 1] ?? 0)) return undefined
    sums[on + 1] = (sums[on + 1] ?? 0) + gapS
    counts[on + 1] = (counts[on + 1] ?? 0) + 1
  }
  const measured = cadence.map((seconds, part) =>
    (counts[part] ?? 0) > 0 ? (sums[part] ?? 0) / (counts[part] ?? 1) : seconds,
  )
  // What is too long at both ends of a burst is missing at both ends of the gap: their sum is certain.
  const pairs = Array.from({ length: cadence.length / 2 }, (_, pair) => 2 * pair)
  const offs = pairs.map((pair) => {
    const whole = (cadence[pair] ?? 0) + (cadence[pair + 1] ?? 0)
    const found = (measured[pair] ?? 0) + (measured[pair + 1] ?? 0)
    const uneven = Math.abs((measured[pair] ?? 0) - (cadence[pair] ?? 0)) / whole
    return Math.abs(found - whole) / whole + 0.25 * uneven
  })
  return { off: Math.max(...offs), measured }
}

/** Returns the tones of machines, which are the same everywhere: fax (ITU-T T.30). */
function countryless({ hz, bursts }: Train): Match | undefined {
  const [frequency] = hz
  const [first] = bursts
  if (hz.length !== 1 || frequency === undefined || first === undefined) return undefined
  if (
    Math.abs(frequency - 1100) <= 38 &&
    bursts.length >= 2 &&
    bursts.every((burst) => Math.abs(lengthOf(burst) - 0.5) < 0.1)
  )
    return { kind: 'fax', countries: [], otherwise: [], cadence: [0.5, 3] }
  if (Math.abs(frequency - 2100) <= 15 && lengthOf(first) >= 2 && lengthOf(first) <= 4.5)
    return { kind: 'fax', countries: [], otherwise: [], cadence: [] }
  return undefined
}

/** The three tones before an announcement (ITU-T E.180: 950, 1400 and 1800 Hz, each off by 50 at most, 330 ms each). */
function sitTones(bursts: readonly Burst[]): readonly Train[] {
  const found: Train[] = []
  const parts = [950, 1400, 1800]
  for (let index = 0; index + 2 < bursts.length; index++) {
    const three = bursts.slice(index, index + 3)
    const isSit = three.every((burst, part) => {
      const before = three[part - 1]
      const isTogether = before === undefined || burst.fromS - before.toS < 0.1
      const length = lengthOf(burst)
      return (
        burst.hz.length === 1 &&
        Math.abs((burst.hz[0] ?? 0) - (parts[part] ?? 0)) <= 50 &&
        length > 0.24 &&
        length < 0.42 &&
        isTogether
      )
    })
    if (isSit) found.push({ hz: three.map(({ hz }) => hz[0] ?? 0), bursts: three })
  }
  return found
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
