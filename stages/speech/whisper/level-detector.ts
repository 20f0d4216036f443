import { createReadStream } from 'node:fs'
import type { WavSamples } from '../wav.ts'
import { frameSamples } from './speech-presence.ts'

/** What is quieter than this is silence, however quiet the rest is. */
const silenceDb = -55
/** How much louder than the quietest parts of a recording speech is. */
const aboveFloorDb = 8
/** How much louder a frame has to be, so that it is twice as surely speech. */
const slopeDb = 3

/** Returns how loud each frame is, in dB of full scale. */
export async function frameLevels({ path, dataAt, samples }: WavSamples): Promise<readonly number[]> {
  const levels: number[] = []
  if (samples === 0) return levels
  let sum = 0
  let count = 0
  let half: number | undefined
  const add = (sample: number) => {
    sum += sample * sample
    count += 1
    if (count < frameSamples) return
    levels.push(10 * Math.log10(sum / count / 32_768 ** 2 + 1e-12))
    sum = 0
    count = 0
  }
  const stream = createReadStream(path, { start: dataAt, end: dataAt + 2 * samples - 1, highWaterMark: 1 << 18 })
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue
    let at = 0
    if (half !== undefined && chunk.length > 0) {
      add(signed(half | ((chunk[0] ?? 0) << 8)))
      at = 1
    }
    for (; at + 1 < chunk.length; at += 2) add(chunk.readInt16LE(at))
    half = at < chunk.length ? chunk[at] : undefined
  }
  return levels
}

function signed(bits: number): number {
  return bits >= 32_768 ? bits - 65_536 : bits
}

/** Guesses where somebody speaks by how loud it is: good enough to leave out silence, but not music. */
export function presenceByLevel(levels: readonly number[]): readonly number[] {
  const sorted = levels.toSorted((one, other) => one - other)
  const floorDb = sorted[Math.floor(sorted.length / 10)] ?? silenceDb
  const topDb = sorted[Math.floor(sorted.length * 0.95)] ?? silenceDb
  // Where nothing is quiet, as in a clip cut closely, the floor is speech itself.
  const thresholdDb = Math.max(silenceDb, Math.min(floorDb + aboveFloorDb, topDb - 20))
  return levels.map((db) => 1 / (1 + 2 ** ((thresholdDb - db) / slopeDb)))
}

/** How far from the floor to the top of a recording speech begins, in which there may be noise throughout. */
const speechBegins = 0.35
const leastSpanDb = 3
/** Between two syllables, it may be quiet for as long on either side. */
const syllableFrames = 5

/** Guesses where somebody speaks by how much louder it is than the noise: finds pauses, where `presenceByLevel` only finds silence. */
export function presenceAboveNoise(levels: readonly number[]): readonly number[] {
  const heard = levels.filter((db) => db > silenceDb - 25).toSorted((one, other) => one - other)
  const floorDb = Math.max(silenceDb, heard[Math.floor(heard.length / 10)] ?? silenceDb)
  const topDb = heard[Math.floor(heard.length * 0.95)] ?? silenceDb
  const thresholdDb = floorDb + Math.max(leastSpanDb, speechBegins * (topDb - floorDb))
  const presence = levels.map((db) => 1 / (1 + 2 ** ((thresholdDb - db) / slopeDb)))
  return around(around(presence, Math.max), Math.min)
}

/** Returns the largest, or the least, of the values around each: one after the other, they close the gaps between syllables. */
function around(values: readonly number[], choose: (...values: number[]) => number): readonly number[] {
  return values.map((_, at) => choose(...values.slice(Math.max(0, at - syllableFrames), at + syllableFrames + 1)))
}
