import type { Features } from '../../sound/features.ts'
import { readChannel, type SoundFile } from '../../sound/sound-file.ts'
import { Spectrum } from '../../sound/spectrum.ts'

/** A stretch in which the same frequencies sound, and little else. */
export interface Burst {
  readonly fromS: number
  readonly toS: number
  /** The frequencies, in Hz, the lowest first. */
  readonly hz: readonly number[]
  readonly snrDb: number
}

/** How far apart frames have to be, so that durations are measured within a few hundredths of a second. */
export const burstHopS = 0.008
const hopS = burstHopS
/** Half of the 32 ms that a frame lasts. */
const middleS = 0.016
/** In noise 10 dB below it, a tone has nine tenths of the power; a codec for speech leaves it less. */
const leastTonality = 0.6
const quietestDb = -60
/** A shorter gap is a flaw of the codec. */
const shortestGapS = 0.045
const shortestBurstS = 0.1
/** The frequencies of tones; fax has the highest. */
const [lowestHz, highestHz] = [300, 2200]
/** What is measured of a long burst. */
const longestWindowS = 2
/** Lines of one tone are at most so much weaker than its strongest, in dB. */
const weakestLineDb = 13
const mostLines = 3

/** Finds stretches of tones in one channel of a recording, from what was measured of it every 8 ms. */
export function burstsOf(
  sound: SoundFile,
  channel: number,
  { levelDb, tonality, peakHz }: Pick<Features, 'levelDb' | 'tonality' | 'peakHz'>,
): readonly Burst[] {
  const bursts: Burst[] = []
  let from: number | undefined
  let last = 0
  const end = () => {
    if (from === undefined) return
    const spans = atHalfLevel(levelDb, from, last + 1)
    const burst = measured(sound, channel, spans.from * hopS + middleS, spans.to * hopS + middleS)
    if (burst !== undefined) bursts.push(burst)
    from = undefined
  }
  for (let frame = 0; frame < levelDb.length; frame++) {
    const [db = -120, share = 0, hz = 0] = [levelDb[frame], tonality[frame], peakHz[frame]]
    const isTone = share >= leastTonality && db > quietestDb && hz >= lowestHz - 40 && hz <= highestHz + 40
    if (isTone && from !== undefined) {
      const isOther = Math.abs(hz - (peakHz[last] ?? 0)) > 200 || Math.abs(db - (levelDb[last] ?? 0)) > 20
      if (isOther) end()
    }
    if (isTone) {
      from ??= frame
      last = frame
    } else if (from !== undefined && (frame - last) * hopS > shortestGapS) end()
  }
  end()
  return bursts
}

/** Returns where a burst is at half of its level: its ends are in frames that it fills only in part. */
function atHalfLevel(levelDb: Float32Array, from: number, to: number): { readonly from: number; readonly to: number } {
  const sorted = levelDb.slice(from, to).sort()
  const halfDb = (sorted[Math.floor(sorted.length / 2)] ?? 0) - 3
  const isLoud = (frame: number) => (levelDb[frame] ?? -120) >= halfDb
  let [first, last] = [from, to - 1]
  while (first < last && !isLoud(first)) first++
  while (last > first && !isLoud(last)) last--
  while (isLoud(first - 1) && from - first < 4) first--
  while (isLoud(last + 1) && last - to < 3) last++
  return { from: first - 0.5, to: last + 0.5 }
}

/** Measures the frequencies of a stretch; undefined where it is no tone. */
function measured(sound: SoundFile, channel: number, fromS: number, toS: number): Burst | undefined {
  const lengthS = toS - fromS
  if (lengthS < shortestBurstS) return undefined
  const windowS = Math.min(longestWindowS, lengthS)
  const hz = sound.sampleRateHz
  const startS = fromS + (lengthS - windowS) / 2
  const samples = readChannel(sound, channel, Math.round(startS * hz), Math.round(windowS * hz))
  const spectrum = new Spectrum(2 * 2 ** Math.ceil(Math.log2(samples.length)), samples.length)
  const power = spectrum.of(samples)
  const binHz = hz / spectrum.size
  const bin = (frequency: number) => Math.round(frequency / binHz)
  // The main lobe of a Hann window is four bins of its length wide.
  const halfLobe = bin(2 / windowS)
  const total = sumBetween(power, bin(200), bin(3800))
  const left = power.slice()
  const lines: { readonly hz: number; readonly power: number }[] = []
  let inLines = 0
  for (let line = 0; line < mostLines; line++) {
    let peak = bin(lowestHz)
    for (let at = peak; at <= bin(highestHz); at++) if ((left[at] ?? 0) > (left[peak] ?? 0)) peak = at
    const strength = left[peak] ?? 0
    if (lines[0] !== undefined && 10 * Math.log10(strength / lines[0].power) < -weakestLineDb) break
    lines.push({ hz: (peak + bend(power, peak)) * binHz, power: strength })
    inLines += sumBetween(left, peak - halfLobe, peak + halfLobe)
    left.fill(0, Math.max(0, peak - halfLobe), peak + halfLobe + 1)
  }
  const share = Math.min(0.9999, inLines / (total + 1e-15))
  const snrDb = 10 * Math.log10(share / (1 - share))
  // Speech moves: its harmonics are never so narrow.
  if (snrDb < 3) return undefined
  return { fromS, toS, hz: lines.map((line) => line.hz).sort((one, other) => one - other), snrDb }
}

/** Returns how far a peak is from the bin that it is in, by the parabola through its neighbours. */
function bend(power: Float64Array, peak: number): number {
  const [before, at, after] = [-1, 0, 1].map((offset) => Math.log((power[peak + offset] ?? 0) + 1e-30))
  if (before === undefined || at === undefined || after === undefined) return 0
  const curve = before - 2 * at + after
  return curve === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curve)))
}

function sumBetween(power: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let bin = Math.max(0, from); bin <= Math.min(power.length - 1, to); bin++) sum += power[bin] ?? 0
  return sum
}
