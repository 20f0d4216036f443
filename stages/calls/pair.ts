import { defineStage, json, many } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { callName, namedLegs, startOf } from './names.ts'
import { type LoneLeg, type Pair, pairedBySpeech, pairedByTimes } from './pairing.ts'
import { Hearing, levelS } from './results/hearing.ts'
import { type Call, Calls, Recording } from './results/recording.ts'
import { intersections, joinedSpans, type Span } from './spans.ts'

/** Returns the param that says how the sides of a call are found. */
export function pairingParam() {
  return described(
    z._default(z.enum(['names', 'times', 'similarity', 'none']), 'names'),
    'how two files are found to be the sides of one call: by their names (in and out, caller and callee), also by when they began, also by who speaks when, or never',
  )
}

export const PassedOver = schema(() => z.array(z.object({ path: z.string(), problem: z.string() })))

/** Finds which recordings are the two sides of one call. */
export const pair = defineStage({
  name: 'pair',
  version: 3,
  description: 'Finds which recordings are the two sides of one call',
  inputs: {
    recordings: many(json(Recording), { named: true }),
    /** Only where pairs are found by who speaks when. */
    hearings: many(json(Hearing), { named: true }),
  },
  params: schema(() => z.object({ pairing: pairingParam() })),
  outputs: { calls: json(Calls), passedOver: json(PassedOver) },
  run({ inputs, params, log, warn, fail }) {
    const passedOver = inputs.recordings.flatMap(({ item, value: { problem } }) =>
      problem === undefined ? [] : [{ path: item, problem }],
    )
    const good = inputs.recordings.filter(({ value }) => value.problem === undefined)
    if (inputs.recordings.length === 0)
      fail("there are no recordings in the folder: name others with -p files='**/*.ext'")
    if (good.length === 0)
      fail(`none of ${passedOver.length} recordings can be read; the first: ${passedOver[0]?.problem}`)
    for (const { path, problem } of passedOver) warn(`passed over ${path}: ${problem}`)
    const speech = new Map(inputs.hearings.map(({ item, value }) => [item, speechIn(value)]))
    const lone = good
      .filter(({ value }) => value.channels === 1)
      .map(({ item, value }) => ({ path: item, durationS: value.durationS, speech: speech.get(item) ?? [] }))
    const pairs = pairsOf(lone, params.pairing)
    const paired = new Set(pairs.flatMap((call) => call.legs.map(({ path }) => path)))
    const single: Call[] = good
      .filter(({ item }) => !paired.has(item))
      .map(({ item }) => ({ id: callName([item], undefined), legs: [{ path: item }], ...startedAt(item) }))
    const calls = withOwnIds([...pairs, ...single])
    log(`${calls.length} calls, ${pairs.length} of them of two recordings`)
    return { calls, passedOver }
  },
})

type Pairing = 'names' | 'times' | 'similarity' | 'none'

/** Returns the calls of two recordings: by names first, then by what is less certain. */
function pairsOf(lone: readonly LoneLeg[], pairing: Pairing): readonly Call[] {
  if (pairing === 'none') return []
  const calls: Call[] = [...pairedByNames(lone.map(({ path }) => path))]
  const left = () => {
    const taken = new Set(calls.flatMap(({ legs }) => legs.map(({ path }) => path)))
    return lone.filter(({ path }) => !taken.has(path))
  }
  if (pairing !== 'names') calls.push(...pairedByTimes(left()).map((pair) => callOf(pair, 'times')))
  if (pairing === 'similarity') calls.push(...pairedBySpeech(left()).map((pair) => callOf(pair, 'similarity')))
  return calls
}

function callOf([one, other]: Pair, pairedBy: 'times' | 'similarity'): Call {
  const legs = [{ path: one.path }, { path: other.path }]
  return { id: callName([one.path], undefined), legs, pairedBy, ...startedAt(one.path) }
}

/** What leaks in from the other side is so much quieter than what is said loudly. */
const leakHeight = 0.2
const pauseS = 0.3

/** Returns when somebody speaks in a recording and not only in the distance, as the other side does. */
function speechIn({ channels }: Hearing): readonly Span[] {
  const [channel] = channels
  if (channel === undefined) return []
  const { segments, levels } = channel
  const heights = Array.from({ length: levels.length / 2 }, (_, at) =>
    Number.parseInt(levels.slice(2 * at, 2 * at + 2), 16),
  )
  const loud = heights.toSorted((one, other) => one - other)[Math.floor(heights.length * 0.98)] ?? 0
  const near = heights.flatMap((height, at) =>
    height >= leakHeight * loud ? [{ fromS: at * levelS, toS: (at + 1) * levelS }] : [],
  )
  return intersections(
    joinedSpans(near, pauseS),
    segments.filter(({ kind }) => kind === 'speech'),
  )
}

/** Returns the calls of which two recordings have names that differ only in the side. */
export function pairedByNames(paths: readonly string[]): readonly Call[] {
  const byCall = new Map<string, { path: string; label: string; side: 'a' | 'b' }[]>()
  for (const path of paths) {
    for (const { call, label, side } of namedLegs(path)) {
      const legs = byCall.get(call) ?? []
      legs.push({ path, label, side })
      byCall.set(call, legs)
    }
  }
  const taken = new Set<string>()
  const calls: Call[] = []
  for (const legs of byCall.values()) {
    const [a, b] = [legs.filter(({ side }) => side === 'a'), legs.filter(({ side }) => side === 'b')]
    const [one, other] = [a[0], b[0]]
    // Where a side is there twice, as in two formats, no one knows which belong together.
    if (one === undefined || other === undefined || legs.length > 2) continue
    if (taken.has(one.path) || taken.has(other.path)) continue
    taken.add(one.path).add(other.path)
    const named = [one, other].map(({ path, label }) => ({ path, label: label.toLowerCase() }))
    calls.push({ id: callName([one.path], one.label), legs: named, pairedBy: 'names', ...startedAt(one.path) })
  }
  return calls
}

function startedAt(path: string): Pick<Call, 'startedAt'> {
  const start = startOf(path)
  return start === undefined ? {} : { startedAt: start }
}

/**
 * Gives calls that would share an id the names of their first files, and brings all into the order of their ids. Such a name
 * may be the id of another call, which then takes that of its own file: no two files have the same.
 */
export function withOwnIds(calls: readonly Call[]): Call[] {
  const counts = new Map<string, number>()
  for (const { id } of calls) counts.set(id.toLowerCase(), (counts.get(id.toLowerCase()) ?? 0) + 1)
  const named = calls.map((call): Call => {
    const isShared = (counts.get(call.id.toLowerCase()) ?? 0) > 1
    return isShared ? { ...call, id: call.legs[0]?.path ?? call.id } : call
  })
  const isChanged = named.some(({ id }, index) => id !== calls[index]?.id)
  return isChanged ? withOwnIds(named) : named.sort((one, other) => (one.id < other.id ? -1 : 1))
}
