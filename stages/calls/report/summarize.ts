import type { NamedItem, SettledItem } from 'reprise'
import type { Level } from '../level.ts'
import type { MixMap } from '../mix.ts'
import { type Hearing, levelS } from '../results/hearing.ts'
import type { Alignment, Call, Recording } from '../results/recording.ts'
import type { TimeMap } from '../results/time-map.ts'
import { atStart, spanInCall, tonesInCall } from '../sides.ts'
import { joinedSpans, type Span, sumOf } from '../spans.ts'
import type { FoundTone, FoundTones } from '../tones/found-tone.ts'
import { withoutLeaks } from './leaks.ts'
import type { CallSummary, SideSummary, Summary } from './summary.ts'
import { talkOf } from './talk.ts'
import { peakIn } from './waveform.ts'

/** What the report is made of. */
export interface ReportInputs {
  readonly calls: readonly Call[]
  readonly passedOver: Summary['passedOver']
  readonly recordings: readonly NamedItem<Recording>[]
  readonly hearings: readonly NamedItem<Hearing>[]
  readonly tones: readonly NamedItem<FoundTones>[]
  readonly alignments: readonly SettledItem<Alignment>[]
  readonly levels: readonly SettledItem<Level>[]
  readonly maps: readonly SettledItem<TimeMap>[]
  readonly mix: MixMap
  readonly mixLevel: Level
}

/** Returns all that the report says. */
export function summarize(inputs: ReportInputs, { deadAirS }: { readonly deadAirS: number }): Summary {
  const { passedOver, mix, mixLevel } = inputs
  const byName = {
    recordings: valuesByName(inputs.recordings),
    hearings: valuesByName(inputs.hearings),
    tones: valuesByName(inputs.tones),
    alignments: valuesByName(inputs.alignments),
    levels: valuesByName(inputs.levels),
    maps: valuesByName(inputs.maps),
    mixAtS: new Map(mix.calls.map(({ id, atS }) => [id, atS])),
    problems: new Map(
      inputs.levels.flatMap(({ item, failure }) => (failure === undefined ? [] : [[item, failure.message]])),
    ),
  }
  const calls = inputs.calls.map((call) => summaryOf(call, byName, deadAirS))
  return {
    calls,
    passedOver: [...passedOver],
    mix: {
      lengthS: mix.lengthS,
      before: mixLevel.before,
      after: mixLevel.after,
      gainDb: mixLevel.gainDb,
      targetLufs: mixLevel.targetLufs,
      ...(mixLevel.limitedBy === undefined ? {} : { limitedBy: mixLevel.limitedBy }),
    },
    totals: {
      recordings: inputs.recordings.length,
      calls: calls.length,
      mended: calls.filter(({ files }) => files.some(({ mended }) => mended.length > 0)).length,
      limited: calls.filter(({ level }) => level?.limitedBy !== undefined).length,
      lengthS: hundredths(calls.reduce((sum, { lengthS }) => sum + lengthS, 0)),
    },
  }
}

interface ByName {
  readonly recordings: ReadonlyMap<string, Recording>
  readonly hearings: ReadonlyMap<string, Hearing>
  readonly tones: ReadonlyMap<string, FoundTones>
  readonly alignments: ReadonlyMap<string, Alignment>
  readonly levels: ReadonlyMap<string, Level>
  readonly maps: ReadonlyMap<string, TimeMap>
  readonly mixAtS: ReadonlyMap<string, number>
  readonly problems: ReadonlyMap<string, string>
}

function valuesByName<Value>(items: readonly SettledItem<Value>[]): ReadonlyMap<string, Value> {
  return new Map(items.flatMap(({ item, value }) => (value === undefined ? [] : [[item, value]])))
}

function summaryOf(call: Call, byName: ByName, deadAirS: number): CallSummary {
  const files = call.legs.map(({ path }) => {
    const recording = byName.recordings.get(path)
    return {
      path,
      format: recording === undefined ? '' : formatOf(recording),
      durationS: hundredths(recording?.durationS ?? 0),
      mended: [...(recording?.mended ?? [])],
    }
  })
  const alignment = byName.alignments.get(call.id)
  const recorded = sidesIn(call, byName, alignment)
  const own = withoutLeaks(
    recorded.map(({ levels, ...side }) => ({
      segments: side.segments,
      peakIn: (fromS: number, toS: number) =>
        peakIn({ waveform: levels, stretchS: levelS, startS: side.startS }, fromS, toS) ?? 0,
    })),
  )
  const sides = recorded.map(({ levels: _, ...side }, index) => ({ ...side, segments: [...(own[index] ?? [])] }))
  const lengthS = Math.max(
    0,
    ...files.map(({ durationS }, leg) => spanInCall({ fromS: 0, toS: durationS }, alignment?.legs[leg] ?? atStart).toS),
  )
  const talk = talkOf({
    speech: sides.map(({ segments }) => segments.filter(({ kind }) => kind === 'speech')),
    heard: sides.map(({ segments }) => segments),
    lengthS,
    deadAirS,
  })
  const spokenS = talk.talkS.reduce((sum, seconds) => sum + seconds, 0)
  const level = byName.levels.get(call.id)
  const problem = byName.problems.get(call.id)
  const music = joinedSpans(
    sides.flatMap(({ segments }) => segments.filter(({ kind }) => kind === 'music')),
    0,
  )
  return {
    id: call.id,
    ...(call.startedAt === undefined ? {} : { startedAt: call.startedAt }),
    ...(problem === undefined ? {} : { problem }),
    files,
    ...(call.pairedBy === undefined ? {} : { pairedBy: call.pairedBy }),
    ...(alignment === undefined
      ? {}
      : {
          alignment: {
            by: alignment.by,
            confidence: alignment.confidence,
            startS: alignment.legs.map(({ startS }) => startS),
            driftPpm: alignment.legs.map(({ driftPpm }) => driftPpm),
          },
        }),
    lengthS: hundredths(lengthS),
    finishedS: byName.maps.get(call.id)?.lengthS ?? 0,
    mixAtS: byName.mixAtS.get(call.id) ?? null,
    ...(level === undefined ? {} : { level: levelOf(level) }),
    sides: sides.map((side, index) => ({
      ...side,
      talkS: hundredths(talk.talkS[index] ?? 0),
      talkShare: spokenS === 0 ? 0 : thousandths((talk.talkS[index] ?? 0) / spokenS),
      longestTurnS: hundredths(talk.longestTurnS[index] ?? 0),
      gainDb: hundredths((level?.gainDb ?? 0) + (level?.sides?.[index]?.gainDb ?? 0)),
    })),
    tones: tonesIn(call, byName, alignment),
    ...changesOf(byName.maps.get(call.id), lengthS),
    overlaps: talk.overlaps.map(rounded),
    overlapS: hundredths(sumOf(talk.overlaps)),
    interruptions: talk.interruptions,
    deadAir: talk.deadAir.map(rounded),
    deadAirS: hundredths(sumOf(talk.deadAir)),
    silenceS: hundredths(talk.silenceS),
    musicS: hundredths(sumOf(music)),
  }
}

/** Returns the sides of a call, in its time. */
function sidesIn(
  call: Call,
  { hearings }: ByName,
  alignment: Alignment | undefined,
): (Omit<SideSummary, 'talkS' | 'talkShare' | 'longestTurnS' | 'gainDb'> & { readonly levels: string })[] {
  return call.legs.flatMap(({ path, label }, leg) => {
    const hearing = hearings.get(path)
    if (hearing === undefined) return []
    const { startS, driftPpm } = alignment?.legs[leg] ?? atStart
    const channels = hearing.isDouble || call.legs.length > 1 ? hearing.channels.slice(0, 1) : hearing.channels
    return channels.map(({ segments, integratedLufs, waveform, levels }, channel) => ({
      path,
      channel,
      label:
        label ??
        (channels.length === 2 || call.legs.length === 2 ? ((channel + leg) % 2 === 0 ? 'left' : 'right') : 'both'),
      integratedLufs,
      segments: segments.map((segment) => spanInCall(segment, { startS, driftPpm })),
      waveform,
      levels,
      stretchS: hearing.stretchS,
      startS: hundredths(startS),
    }))
  })
}

function tonesIn({ legs }: Call, { tones }: ByName, alignment: Alignment | undefined): CallSummary['tones'] {
  const found = legs.map(({ path }) => tones.get(path) ?? [])
  const placed = legs.map((_, leg) => ({ channels: 1, ...(alignment?.legs[leg] ?? atStart) }))
  const all = tonesInCall(found, placed)
  // A tone that leaks into the other side is one tone.
  const isLeak = (tone: FoundTone) =>
    all.some(
      (other) =>
        other.channel !== tone.channel &&
        other.kind === tone.kind &&
        other.fromS < tone.toS &&
        other.toS > tone.fromS &&
        other.snrDb > tone.snrDb,
    )
  return all.filter((tone) => !isLeak(tone)).map(({ channel, bursts: _, ...tone }) => ({ ...tone, side: channel }))
}

function changesOf(map: TimeMap | undefined, lengthS: number): Pick<CallSummary, 'cutS' | 'madeS'> {
  const pieces = map?.pieces ?? []
  const sum = (isMade: boolean) =>
    pieces.reduce((total, piece) => total + ((piece.made !== undefined) === isMade ? piece.lengthS : 0), 0)
  return { cutS: map === undefined ? 0 : hundredths(Math.max(0, lengthS - sum(false))), madeS: hundredths(sum(true)) }
}

function levelOf({ before, after, gainDb, mode, limitedBy }: Level): NonNullable<CallSummary['level']> {
  return { before, after, gainDb, mode, ...(limitedBy === undefined ? {} : { limitedBy }) }
}

function formatOf({ container, codec, sampleRateHz, channels }: Recording): string {
  const rate = `${sampleRateHz / 1000} kHz`
  return `${container === codec ? container : `${container} ${codec}`}, ${rate}, ${channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`}`
}

function rounded({ fromS, toS }: Span): { fromS: number; toS: number } {
  return { fromS: hundredths(fromS), toS: hundredths(toS) }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
