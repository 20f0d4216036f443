import type { ThreadContext } from 'reprise'
import { decibels } from '../../sound/decibels.ts'
import { LoudnessMeter } from '../../sound/loudness-meter.ts'
import { PeakMeter } from '../../sound/peak-meter.ts'
import { FloatWriter, readBlocks } from '../../sound/sound-file.ts'
import type { Measured } from './render-thread.ts'

/** A call in the mix: where it begins in the sound that all calls are in, and in the mix, in samples of each channel. */
export interface Placed {
  readonly from: number
  readonly frames: number
  readonly at: number
}

export interface ArrangeRequest {
  /** All calls, one after the other, without a gap: in stereo, 16 bits. */
  readonly calls: string
  readonly sampleRateHz: number
  /** In the order of their places in the mix. */
  readonly placed: readonly Placed[]
  readonly output: string
}

const blockFrames = 1 << 15

/** Lays calls on the time line of the mix. Those that overlap are heard together. */
export default function arrange(
  { calls, sampleRateHz, placed, output }: ArrangeRequest,
  context: ThreadContext,
): Measured {
  const total = Math.max(0, ...placed.map(({ at, frames }) => at + frames))
  const sound = { path: calls, channels: 2, sampleRateHz, frames: placed.reduce((sum, { frames }) => sum + frames, 0) }
  const [meter, peaks] = [new LoudnessMeter(sampleRateHz, 2), new PeakMeter()]
  const writer = new FloatWriter(output, { channels: 2, sampleRateHz })
  try {
    let first = 0
    for (let from = 0; from < total; from += blockFrames) {
      const size = Math.min(blockFrames, total - from)
      const [left, right] = [new Float32Array(size), new Float32Array(size)]
      // What has ended is not looked at again.
      for (let past = placed[first]; past !== undefined && past.at + past.frames <= from; past = placed[++first]);
      for (let index = first; index < placed.length; index++) {
        const call = placed[index]
        if (call === undefined || call.at >= from + size) break
        const start = Math.max(from, call.at)
        const count = Math.min(from + size, call.at + call.frames) - start
        let at = start - from
        for (const [one, other] of readBlocks(sound, {
          from: call.from + start - call.at,
          count: Math.max(0, count),
        })) {
          for (let frame = 0; frame < (one?.length ?? 0); frame++, at++) {
            left[at] = (left[at] ?? 0) + (one?.[frame] ?? 0)
            right[at] = (right[at] ?? 0) + (other?.[frame] ?? 0)
          }
        }
      }
      writer.write([left, right])
      meter.add([left, right])
      peaks.add([left, right])
      context.progress((from + size) / total)
    }
  } finally {
    writer.close()
  }
  return { integratedLufs: meter.integratedLufs, truePeakDb: decibels(peaks.peak) }
}
