import type { ThreadContext } from 'reprise'
import { amplitudeOf } from '../../sound/decibels.ts'
import { valuesAt } from '../../sound/interpolate.ts'
import { LoudnessMeter } from '../../sound/loudness-meter.ts'
import { FloatWriter } from '../../sound/sound-file.ts'
import type { TimeMap } from '../results/time-map.ts'
import { callLengthS, type Side } from '../sides.ts'

/** A stretch of what is rendered: seconds of the call, or sound that was made, for both sides. */
export interface Cut {
  readonly fromS?: number
  readonly lengthS: number
  readonly made?: { readonly name: string; readonly samples: Float32Array }
}

export interface RenderRequest {
  readonly sides: readonly Side[]
  readonly sampleRateHz: number
  readonly output: string
  /** Whether the quieter side is brought to the loudness of the other. */
  readonly levelSides: boolean
  /** All of the call where it is left out. */
  readonly cuts?: readonly Cut[]
}

export interface Rendered {
  readonly map: TimeMap
  /** Null for a side without sound. */
  readonly sides: readonly { readonly integratedLufs: number | null; readonly gainDb: number }[]
}

const blockFrames = 1 << 14
/** A side that would need more than this is not speech but what leaks into a silent line. */
const mostSideGainDb = 20

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
  const writer = new FloatWriter(output, { channels: 2, sampleRateHz })
  const pieces: TimeMap['pieces'] = []
  try {
    for (const { fromS, lengthS, made } of cuts) {
      const count = framesIn(lengthS, sampleRateHz)
      const atS = writer.frames / sampleRateHz
      pieces.push({
        atS: thousandths(atS),
        lengthS: thousandths(count / sampleRateHz),
        ...(fromS === undefined ? {} : { fromS: thousandths(fromS) }),
        ...(made === undefined ? {} : { made: made.name }),
      })
      for (let done = 0; done < count; done += blockFrames) {
        const size = Math.min(blockFrames, count - done)
        const channels =
          made === undefined
            ? sides.map((side, index) => {
                const values = sideValues(side, sampleRateHz, (fromS ?? 0) + done / sampleRateHz, size)
                const gain = amplitudeOf(gains[index] ?? 0)
                return gain === 1 ? values : values.map((value) => value * gain)
              })
            : [made.samples.subarray(done, done + size)]
        const [left = new Float32Array(size), right = left] = channels
        writer.write([left, right])
        context.progress(writer.frames / total)
      }
    }
  } finally {
    writer.close()
  }
  return {
    map: { lengthS: thousandths(writer.frames / sampleRateHz), pieces },
    sides: loud.map((lufs, index) => ({
      integratedLufs: Number.isFinite(lufs) ? hundredths(lufs) : null,
      gainDb: hundredths(gains[index] ?? 0),
    })),
  }
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
