import { FilterBank } from './filter-bank.ts'
import { hannWindow, PairTransform } from './fourier.ts'
import { readSamples, type Samples } from './samples.ts'

/** The rate at which songs are analysed. */
export const songRateHz = 22_050
/** Samples from one frame to the next. */
export const hopSamples = 441
/** Frames a second. */
export const frameRate = songRateHz / hopSamples
const frameSamples = 1411
const bins = frameSamples >> 1

/** What a song has at each frame in each band: the logarithm of its magnitude. */
export interface Spectrogram {
  readonly frames: number
  readonly bands: number
  /** The middle of each band, in hertz. */
  readonly centresHz: readonly number[]
  /** Frame after frame, `log10(1 + magnitude)` of each band. */
  readonly levels: Float32Array
}

/** Returns the bands of a spectrogram. */
export function spectrogramBands(): FilterBank {
  return new FilterBank({ bins, rateHz: songRateHz, bandsPerOctave: 24, fromHz: 30, toHz: 17_000 })
}

/** Returns the spectrogram of a song: 50 frames a second of 64 ms, 24 bands an octave from 30 Hz to 11 kHz. */
export function spectrogramOf(samples: Samples, progress: (fraction: number) => void = () => {}): Spectrogram {
  const bank = spectrogramBands()
  const { bands, centresHz } = bank
  const frames = Math.ceil(samples.length / hopSamples)
  const levels = new Float32Array(frames * bands)
  const transform = new PairTransform(frameSamples)
  const window = hannWindow(frameSamples)
  const pair = [0, 1].map(() => ({ cut: new Float64Array(frameSamples), spectrum: new Float64Array(bins) }))
  const [first, second] = pair
  if (first === undefined || second === undefined) throw new TypeError('two frames are transformed at once')
  for (let frame = 0; frame < frames; frame += 2) {
    cutFrame(samples, frame, window, first.cut)
    cutFrame(samples, frame + 1, window, second.cut)
    transform.magnitudes(first.cut, second.cut, first.spectrum, second.spectrum)
    bank.apply(first.spectrum, levels, frame * bands)
    if (frame + 1 < frames) bank.apply(second.spectrum, levels, (frame + 1) * bands)
    if (frame % 500 === 0) progress(frame / frames)
  }
  for (let at = 0; at < levels.length; at++) levels[at] = Math.log10(1 + (levels[at] ?? 0))
  return { frames, bands, centresHz, levels }
}

function cutFrame(samples: Samples, frame: number, window: Float64Array, into: Float64Array): void {
  readSamples(samples, frame * hopSamples - bins, into)
  for (let at = 0; at < frameSamples; at++) into[at] = (into[at] ?? 0) * (window[at] ?? 0)
}
