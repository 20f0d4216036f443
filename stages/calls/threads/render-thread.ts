import type { ThreadContext } from 'reprise'
import { amplitudeOf, decibels } from '../../sound/decibels.ts'
import { valuesAt } from '../../sound/interpolate.ts'
import { LoudnessMeter } from '../../sound/loudness-meter.ts'
import { PeakMeter } from '../../sound/peak-meter.ts'
import { FloatWriter } from '../../sound/sound-file.ts'
import type { TimeMap } from '../results/time-map.ts'
import { callLengthS, type Side } from '../sides.ts'
import type { Cut } from '../tones/cuts.ts'
import { synthesizeTone } from '../tones/synthesize.ts'

export interface RenderRequest {
  readonly sides: readonly Side[]
  readonly sampleRateHz: number
  readonly output: string
  /** Whether the quieter side is brought to the loudness of the other. */
  readonly levelSides: boolean
  /** All of the call where it is left out. */
  readonly cuts?: readonly Cut[]
}

/** How loud what was rendered is: minus infinity for silence. */
export interface Measured {
  readonly integratedLufs: number
  readonly truePeakDb: number
}

export interface Rendered {
  readonly measured: Measured
  readonly map: TimeMap
  /** Null for a side without sound. */
  readonly sides: readonly { readonly integratedLufs: number | null; readonly gainDb: number }[]
}

const blockFrames = 1 << 14
/** A side that would need more than this is not speech but what leaks into a silent line. */
const mostSideGainDb = 20
/** How far below the loudness of speech a tone is made, as its power is steady. */
const belowSpeechDb = 4
const fadeS = 0.005

/** Lays the sides of a call beside each other in one time, each on a channel of its own. */
export default function render(request: RenderRequest, context: ThreadContext): Rendered {
  const { sides, sampleRateHz, output } = request
  const cuts = request.cuts ?? [{ fromS: 0, lengthS: callLengthS(sides) }]
  const total = cuts.reduce((sum, { lengthS }) => sum + framesIn(lengthS, sampleRateHz), 0)
  const loud = sides.map((side) => loudnessOf(side, sampleRateHz))
  const loudest = Math.max(...loud)
  const gains = loud.map((lufs) =>
    request.levelSides && sides.length > 1 && Number.isFinite(lufs) && loudest - lufs <= mostSideGainDb
      ? loudest - lufs
      : 0,
  )
  const toneDb = Number.isFinite(loudest) ? loudest - belowSpeechDb : -30
  const writer = new FloatWriter(output, { channels: 2, sampleRateHz })
  const [meter, peaks] = [new LoudnessMeter(sampleRateHz, 2), new PeakMeter()]
  const pieces: TimeMap['pieces'] = []
  try {
    for (const { fromS, lengthS, made } of cuts) {
      const count = framesIn(lengthS, sampleRateHz)
      const atS = writer.frames / sampleRateHz
      pieces.push({
        atS: thousandths(atS),
        lengthS: thousandths(count / sampleRateHz),
        ...(fromS === undefined ? {} : { fromS: thousandths(fromS) }),
        ...(made === undefined ? {} : { made: `${made.kind} ${made.country}` }),
      })
      const tone =
        made === undefined ? new Float32Array(0) : synthesizeTone(made, { lengthS, levelDb: toneDb, sampleRateHz })
      for (let done = 0; done < count; done += blockFrames) {
        const size = Math.min(blockFrames, count - done)
        const channels =
          made === undefined
            ? sides.map((side, index) => {
                const values = sideValues(side, sampleRateHz, (fromS ?? 0) + done / sampleRateHz, size)
                const gain = amplitudeOf(gains[index] ?? 0)
                const fade = fadeOf({ done, count, isCut: cuts.length > 1 }, sampleRateHz)
                return gain === 1 && fade === undefined
                  ? values
                  : values.map((value, at) => value * gain * (fade?.(at) ?? 1))
              })
            : [tone.subarray(done, done + size)]
        const [left = new Float32Array(size), right = left] = channels
        writer.write([left, right])
        meter.add([left, right])
        peaks.add([left, right])
        context.progress(writer.frames / total)
      }
    }
  } finally {
    writer.close()
  }
  return {
    measured: { integratedLufs: meter.integratedLufs, truePeakDb: decibels(peaks.peak) },
    map: { lengthS: thousandths(writer.frames / sampleRateHz), pieces },
    sides: loud.map((lufs, index) => ({
      integratedLufs: Number.isFinite(lufs) ? hundredths(lufs) : null,
      gainDb: hundredths(gains[index] ?? 0),
    })),
  }
}

interface Stretch {
  /** How much of it has been written, of how much. */
  readonly done: number
  readonly count: number
  readonly isCut: boolean
}

/** Returns the height at each sample of a block where something was cut: without a fade, it would click. */
function fadeOf({ done, count, isCut }: Stretch, sampleRateHz: number): ((at: number) => number) | undefined {
  if (!isCut) return undefined
  const length = fadeS * sampleRateHz
  return (at) => Math.max(0, Math.min(1, (done + at + 1) / length, (count - done - at) / length))
}

/** Whole milliseconds: so many samples at every rate that calls have, and no error that sums up in a mix of thousands. */
function framesIn(lengthS: number, sampleRateHz: number): number {
  return Math.round(lengthS * 1000) * (sampleRateHz / 1000)
}

/** Returns what a side sounds like from a second of the call on. */
export function sideValues(
  { sound, channel, startS, driftPpm }: Side,
  sampleRateHz: number,
  fromS: number,
  count: number,
): Float32Array {
  const speed = 1 + driftPpm / 1e6
  // Whole samples, where nothing else is asked for: then they are copied, and not computed.
  const from = (fromS - startS) * speed * sound.sampleRateHz
  const whole = Math.round(from)
  const step = (speed * sound.sampleRateHz) / sampleRateHz
  return valuesAt(sound, { channel, from: Math.abs(from - whole) < 1e-6 ? whole : from, step, count })
}

function loudnessOf(side: Side, sampleRateHz: number): number {
  const meter = new LoudnessMeter(sampleRateHz, 1)
  const count = Math.ceil((callLengthS([side]) - side.startS) * sampleRateHz)
  for (let done = 0; done < count; done += blockFrames) {
    const size = Math.min(blockFrames, count - done)
    meter.add([sideValues(side, sampleRateHz, side.startS + done / sampleRateHz, size)])
  }
  return meter.integratedLufs
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
