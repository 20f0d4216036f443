import type { Tensor } from '../signal/safetensors.ts'
import type { Spectrogram } from '../signal/spectrogram.ts'

/** For each frame, how much a beat, and the first beat of a bar, is there: from 0 to 1. */
export interface BeatActivations {
  /** A beat that is not the first of its bar. */
  readonly beats: Float32Array
  readonly downbeats: Float32Array
}

const kernel = 10
const hidden = 150

/** A layer `y = W x + b`. */
interface Layer {
  readonly weights: Float32Array
  readonly bias: Float32Array
}

interface Recurrence {
  readonly input: Layer
  readonly state: Layer
}

/**
 * A net of BeatNet (Heydari, Cwitkowitz and Duan, ISMIR 2021): a convolution over the bands of a frame, two layers of LSTM,
 * three classes. Its input is the spectrogram of this room and how much each band grew since the last frame.
 */
export class BeatNet {
  readonly #convolution: Layer
  readonly #entrance: Layer
  readonly #recurrences: readonly Recurrence[]
  readonly #exit: Layer

  /** Takes the tensors by the names of the trained model, each after `prefix`. */
  constructor(tensors: ReadonlyMap<string, Tensor>, prefix: string) {
    const tensor = (name: string) => {
      const found = tensors.get(prefix + name)
      if (found === undefined) throw new TypeError(`the model has no tensor ${prefix}${name}`)
      return found.values
    }
    const layer = (name: string) => ({ weights: tensor(`${name}.weight`), bias: tensor(`${name}.bias`) })
    this.#convolution = layer('conv1')
    this.#entrance = layer('linear0')
    this.#exit = layer('linear')
    this.#recurrences = [0, 1].map((at) => ({
      input: { weights: tensor(`lstm.weight_ih_l${at}`), bias: tensor(`lstm.bias_ih_l${at}`) },
      state: { weights: tensor(`lstm.weight_hh_l${at}`), bias: tensor(`lstm.bias_hh_l${at}`) },
    }))
  }

  activations(spectrogram: Spectrogram, progress: (fraction: number) => void = () => {}): BeatActivations {
    const { frames, bands, levels } = spectrogram
    const beats = new Float32Array(frames)
    const downbeats = new Float32Array(frames)
    const features = new Float32Array(2 * bands)
    const convolved = new Float32Array(2 * ((2 * bands - kernel + 1) >> 1))
    const first = new Float32Array(hidden)
    const gates = new Float32Array(4 * hidden)
    const states = this.#recurrences.map(() => ({ cell: new Float32Array(hidden), out: new Float32Array(hidden) }))
    const classes = new Float32Array(3)
    for (let frame = 0; frame < frames; frame++) {
      for (let band = 0; band < bands; band++) {
        const level = levels[frame * bands + band] ?? 0
        features[band] = level
        features[bands + band] = frame === 0 ? 0 : Math.max(0, level - (levels[(frame - 1) * bands + band] ?? 0))
      }
      this.#convolve(features, convolved)
      multiply(this.#entrance, convolved, first)
      let layerInput = first
      for (const [at, { input, state }] of this.#recurrences.entries()) {
        const memory = states[at]
        if (memory === undefined) continue
        multiply(input, layerInput, gates)
        multiply(state, memory.out, gates, true)
        step(gates, memory)
        layerInput = memory.out
      }
      multiply(this.#exit, layerInput, classes)
      const [beat = 0, downbeat = 0, neither = 0] = classes
      const most = Math.max(beat, downbeat, neither)
      const all = Math.exp(beat - most) + Math.exp(downbeat - most) + Math.exp(neither - most)
      beats[frame] = Math.exp(beat - most) / all
      downbeats[frame] = Math.exp(downbeat - most) / all
      if (frame % 200 === 0) progress(frame / frames)
    }
    return { beats, downbeats }
  }

  /** Two kernels over the features; of each two neighbours, the larger one is kept. */
  #convolve(features: Float32Array, into: Float32Array): void {
    const { weights, bias } = this.#convolution
    const half = into.length / 2
    for (let channel = 0; channel < 2; channel++) {
      for (let at = 0; at < half; at++) {
        let most = 0
        for (let shift = 2 * at; shift <= 2 * at + 1; shift++) {
          let sum = bias[channel] ?? 0
          for (let tap = 0; tap < kernel; tap++)
            sum += (weights[channel * kernel + tap] ?? 0) * (features[shift + tap] ?? 0)
          if (sum > most) most = sum
        }
        into[channel * half + at] = most
      }
    }
  }
}

/** Four sums at once, because the processor then need not wait for one to add to it. */
function multiply({ weights, bias }: Layer, input: Float32Array, into: Float32Array, isAdded = false): void {
  const width = input.length
  const inFours = width - (width % 4)
  for (let row = 0; row < into.length; row++) {
    let at = row * width
    let [a, b, c, d] = [bias[row] ?? 0, 0, 0, 0]
    let column = 0
    for (; column < inFours; column += 4, at += 4) {
      a += (weights[at] ?? 0) * (input[column] ?? 0)
      b += (weights[at + 1] ?? 0) * (input[column + 1] ?? 0)
      c += (weights[at + 2] ?? 0) * (input[column + 2] ?? 0)
      d += (weights[at + 3] ?? 0) * (input[column + 3] ?? 0)
    }
    for (; column < width; column++, at++) a += (weights[at] ?? 0) * (input[column] ?? 0)
    const sum = a + b + c + d
    into[row] = isAdded ? (into[row] ?? 0) + sum : sum
  }
}

/** One step of a long short-term memory (Hochreiter and Schmidhuber, 1997): gates of input, forgetting, cell, output. */
function step(gates: Float32Array, { cell, out }: { readonly cell: Float32Array; readonly out: Float32Array }): void {
  for (let at = 0; at < hidden; at++) {
    const kept = sigmoid(gates[hidden + at] ?? 0) * (cell[at] ?? 0)
    const now = kept + sigmoid(gates[at] ?? 0) * Math.tanh(gates[2 * hidden + at] ?? 0)
    cell[at] = now
    out[at] = sigmoid(gates[3 * hidden + at] ?? 0) * Math.tanh(now)
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
