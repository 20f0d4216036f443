import { readChannel, type SoundFile } from '../../sound/sound-file.ts'

/** A key that somebody pressed. */
export interface Digit {
  readonly fromS: number
  readonly toS: number
  readonly key: string
  readonly snrDb: number
}

/** The frequencies of the rows and columns of a keypad, in Hz (ITU-T Q.23). */
const rowsHz = [697, 770, 852, 941]
const columnsHz = [1209, 1336, 1477, 1633]
const keys = ['123A', '456B', '789C', '*0#D']

const frameS = 0.024
const hopS = 0.008
/** ITU-T Q.24: 40 ms are a digit. A frame within it is full after 24 ms. */
const fewestFrames = 3
/** A shorter gap is a flaw of the line. */
const longestFlawFrames = 2
/** Both frequencies have so much of the power; a voice has its harmonics, too. */
const leastShare = 0.82
/** So far the columns may be above or below the rows, in dB. */
const mostTwistDb = 8
/** ITU-T Q.24: a frequency may be off by 1.5 %. */
const offsets = [0.985, 1, 1.015]
/** The next frequency of a group is so much weaker, in dB. */
const leastLeadDb = 6
const quietest = 1e-6
const blockFrames = 1 << 11

/** Finds the keys of a telephone that were pressed in a channel of a recording, by both of their frequencies. */
export function digitsIn(sound: SoundFile, channel: number): readonly Digit[] {
  const rate = sound.sampleRateHz
  const [size, hop] = [Math.round(frameS * rate), Math.round(hopS * rate)]
  const frames = Math.max(0, Math.floor((sound.frames - size) / hop) + 1)
  const digits: Digit[] = []
  let open: { key: string; from: number; last: number; count: number; share: number } | undefined
  const end = () => {
    if (open !== undefined && open.count >= fewestFrames) {
      const { key, from, last, count, share } = open
      const mean = Math.min(0.9999, share / count)
      const edgeS = frameS / 4
      digits.push({
        key,
        fromS: from * hopS + edgeS,
        toS: last * hopS + frameS - edgeS,
        snrDb: 10 * Math.log10(mean / (1 - mean)),
      })
    }
    open = undefined
  }
  for (let first = 0; first < frames; first += blockFrames) {
    const count = Math.min(blockFrames, frames - first)
    const samples = readChannel(sound, channel, first * hop, (count - 1) * hop + size)
    for (let at = 0; at < count; at++) {
      const frame = first + at
      const heard = keyOf(samples.subarray(at * hop, at * hop + size), rate)
      if (open !== undefined && (heard?.key ?? open.key) !== open.key) end()
      if (heard === undefined) {
        if (open !== undefined && frame - open.last > longestFlawFrames) end()
        continue
      }
      open ??= { key: heard.key, from: frame, last: frame, count: 0, share: 0 }
      open.last = frame
      open.count++
      open.share += heard.share
    }
  }
  end()
  return digits
}

function keyOf(samples: Float32Array, rate: number): { readonly key: string; readonly share: number } | undefined {
  let power = 0
  for (const sample of samples) power += sample * sample
  if (power / samples.length < quietest) return undefined
  const rows = rowsHz.map((hz) => near(samples, hz, rate))
  const columns = columnsHz.map((hz) => near(samples, hz, rate))
  const [row, column] = [strongest(rows), strongest(columns)]
  if (row === undefined || column === undefined) return undefined
  // Of a tone of height a, the sum is a²n/2, and its line a²n²/4.
  const share = (2 * (row.power + column.power)) / (samples.length * power)
  const twistDb = Math.abs(10 * Math.log10(row.power / column.power))
  const key = keys[row.at]?.[column.at]
  return key === undefined || share < leastShare || twistDb > mostTwistDb ? undefined : { key, share }
}

/** Returns the strongest of some frequencies, where it is much stronger than the next. */
function strongest(powers: readonly number[]): { readonly at: number; readonly power: number } | undefined {
  const [first, second] = powers.map((power, at) => ({ at, power })).sort((one, other) => other.power - one.power)
  if (first === undefined || second === undefined || first.power === 0) return undefined
  return 10 * Math.log10(first.power / (second.power + 1e-30)) < leastLeadDb ? undefined : first
}

/** Returns the power at a frequency, wherever it is within what it may be off. */
function near(samples: Float32Array, hz: number, rate: number): number {
  return Math.max(...offsets.map((offset) => goertzel(samples, hz * offset, rate)))
}

function goertzel(samples: Float32Array, hz: number, rate: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate)
  let [one, two] = [0, 0]
  for (const sample of samples) [one, two] = [sample + turn * one - two, one]
  return one * one + two * two - turn * one * two
}
