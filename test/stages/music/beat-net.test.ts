import { describe, expect, it } from 'vitest'
import { BeatNet } from '../../../stages/music/beats/beat-net.ts'
import { hannWindow, PairTransform } from '../../../stages/music/signal/fourier.ts'
import { readSafetensors, type Tensor, writeSafetensors } from '../../../stages/music/signal/safetensors.ts'
import { spectrogramBands } from '../../../stages/music/signal/spectrogram.ts'

describe('PairTransform', () => {
  it('gives the magnitudes of two signals of a length that is no power of two', () => {
    const length = 1411
    const window = hannWindow(length)
    const signal = (cycles: number, level: number) =>
      window.map((weight, at) => level * weight * Math.cos((2 * Math.PI * cycles * at) / length))
    const [first, second] = [new Float64Array(705), new Float64Array(705)]
    new PairTransform(length).magnitudes(signal(100, 1), signal(300, 0.5), first, second)
    const slow = (cycles: number, samples: Float64Array) => {
      let [re, im] = [0, 0]
      for (const [at, value] of samples.entries()) {
        re += value * Math.cos((2 * Math.PI * cycles * at) / length)
        im -= value * Math.sin((2 * Math.PI * cycles * at) / length)
      }
      return Math.hypot(re, im)
    }
    for (const bin of [0, 99, 100, 101, 300]) {
      expect(first[bin]).toBeCloseTo(slow(bin, signal(100, 1)), 6)
      expect(second[bin]).toBeCloseTo(slow(bin, signal(300, 0.5)), 6)
    }
  })
})

describe('FilterBank', () => {
  it('has the bands that the nets of BeatNet are trained on', () => {
    const { bands, centresHz } = spectrogramBands()
    expect(bands).toBe(136)
    expect(centresHz.every((hz, at) => hz > (centresHz[at - 1] ?? 0) && hz < 11_025)).toBe(true)
  })
})

describe('BeatNet', () => {
  /** Weights that are zero but for those that a test sets. */
  function net(set: Readonly<Record<string, (values: Float32Array) => void>>) {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      'conv1.weight': [2, 1, 10],
      'conv1.bias': [2],
      'linear0.weight': [150, 262],
      'linear0.bias': [150],
      ...Object.fromEntries(
        [0, 1].flatMap((layer) => [
          ...['ih', 'hh'].map((kind) => [`lstm.weight_${kind}_l${layer}`, [600, 150]]),
          ...['ih', 'hh'].map((kind) => [`lstm.bias_${kind}_l${layer}`, [600]]),
        ]),
      ),
      'linear.weight': [3, 150],
      'linear.bias': [3],
    }
    const tensors = Object.entries(shapes).map(([name, shape]): [string, Tensor] => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
      set[name]?.(values)
      return [`1.${name}`, { shape, values }]
    })
    return new BeatNet(readSafetensors(writeSafetensors(new Map(tensors))), '1.')
  }
  const spectrogram = { frames: 3, bands: 136, centresHz: [], levels: new Float32Array(3 * 136).fill(1) }

  it('says how likely each class is', () => {
    const { beats, downbeats } = net({
      'linear.bias': (values) => values.set([Math.log(2), Math.log(3), Math.log(5)]),
    }).activations(spectrogram)
    expect([...beats].every((value) => Math.abs(value - 0.2) < 1e-6)).toBe(true)
    expect([...downbeats].every((value) => Math.abs(value - 0.3) < 1e-6)).toBe(true)
  })

  it('passes the spectrum through its layers, and remembers', () => {
    // One path: a tap of the convolution, its first place, one cell in each layer, which adds up what it gets.
    const { beats } = net({
      'conv1.weight': (values) => values.fill(1, 0, 1),
      'linear0.weight': (values) => values.fill(1, 0, 1),
      'lstm.weight_ih_l0': (values) => values.fill(1, 2 * 150 * 150, 2 * 150 * 150 + 1),
      'lstm.bias_ih_l0': (values) => [0, 150, 450].map((at) => (values[at] = 100)),
      'lstm.weight_ih_l1': (values) => values.fill(1, 2 * 150 * 150, 2 * 150 * 150 + 1),
      'lstm.bias_ih_l1': (values) => [0, 450].map((at) => (values[at] = 100)),
      'linear.weight': (values) => values.fill(4, 0, 1),
    }).activations(spectrogram)
    const expected = [1, 2, 3].map((frames) => Math.tanh(frames * Math.tanh(1)))
    // Of the second layer, half of the cell is kept each time.
    let cell = 0
    for (const [frame, input] of expected.entries()) {
      cell = cell / 2 + Math.tanh(input)
      const logit = 4 * Math.tanh(cell)
      expect(beats[frame]).toBeCloseTo(Math.exp(logit) / (Math.exp(logit) + 2), 5)
    }
  })

  it('names a tensor that its weights lack', () => {
    expect(() => new BeatNet(new Map(), '1.')).toThrow('no tensor 1.conv1.weight')
  })
})
