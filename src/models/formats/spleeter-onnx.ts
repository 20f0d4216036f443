import { type OnnxNode, onnxFile } from './onnx.ts'
import type { Tensor } from './safetensors.ts'

/** How many spectra a net sees at once, and how many frequencies of each. */
const frames = 512
const bins = 1024
const layers = 6
const epsilonOfNormalization = 1e-3
/** Where neither net hears anything, each part gets half. */
const epsilon = 1e-10

/**
 * Returns Spleeter's two nets (Hennequin, Khlif, Voituret and Moussallam, JOSS 2020) as one: from the magnitudes of both
 * channels, how much of each is voice and how much is the rest, from 0 to 1.
 */
export function spleeterOnnx(vocals: ReadonlyMap<string, Tensor>, accompaniment: ReadonlyMap<string, Tensor>): Buffer {
  const nodes: OnnxNode[] = []
  const weights = new Map<string, Tensor>()
  const square = (of: string, into: string) => nodes.push({ type: 'Mul', inputs: [of, of], outputs: [into] })
  for (const [prefix, tensors] of [
    ['v.', vocals],
    ['r.', accompaniment],
  ] as const) {
    addNet(tensors, prefix, { nodes, weights })
    square(`${prefix}y`, `${prefix}power`)
  }
  weights.set('epsilon', { shape: [1], data: floats([epsilon]) })
  weights.set('half', { shape: [1], data: floats([epsilon / 2]) })
  nodes.push(
    { type: 'Add', inputs: ['v.power', 'r.power'], outputs: ['powers'] },
    { type: 'Add', inputs: ['powers', 'epsilon'], outputs: ['all'] },
    { type: 'Add', inputs: ['v.power', 'half'], outputs: ['voice'] },
    { type: 'Div', inputs: ['voice', 'all'], outputs: ['mask'] },
  )
  const shape = [1, 2, frames, bins]
  return onnxFile({
    name: 'spleeter-2stems',
    inputs: [{ name: 'magnitudes', shape }],
    outputs: [{ name: 'mask', shape }],
    nodes,
    weights,
  })
}

interface OpenNet {
  readonly nodes: OnnxNode[]
  readonly weights: Map<string, Tensor>
}

/** Adds a U-net: six convolutions, each halving both sizes, and six that double them again. */
function addNet(tensors: ReadonlyMap<string, Tensor>, prefix: string, { nodes, weights }: OpenNet): void {
  const tensor = (name: string) => {
    const found = tensors.get(name)
    if (found === undefined) throw new TypeError(`the net has no weights ${name}`)
    return found
  }
  const weight = (name: string, value: Tensor) => {
    weights.set(prefix + name, value)
    return prefix + name
  }
  const add = (type: string, inputs: readonly string[], output: string, attributes: OnnxNode['attributes'] = {}) => {
    nodes.push({ type, inputs, outputs: [prefix + output], attributes })
    return prefix + output
  }
  /** What the training measured is one factor and one summand a channel. */
  const normalized = (input: string, name: string, output: string) => {
    const of = (part: string) => numbersOf(tensor(`${name}.${part}`))
    const [gain, offset, mean, variance] = [of('weight'), of('bias'), of('running_mean'), of('running_var')]
    const factor = gain.map((value, at) => value / Math.sqrt((variance[at] ?? 0) + epsilonOfNormalization))
    const summand = offset.map((value, at) => value - (mean[at] ?? 0) * (factor[at] ?? 0))
    const shape = [1, gain.length, 1, 1]
    const scaled = add('Mul', [input, weight(`${name}.factor`, { shape, data: floats(factor) })], `${output}.scaled`)
    return add('Add', [scaled, weight(`${name}.summand`, { shape, data: floats(summand) })], output)
  }
  const convolution = (type: string, input: string, name: string, output: string) => {
    const own = [weight(`${name}.w`, tensor(`${name}.weight`)), weight(`${name}.b`, tensor(`${name}.bias`))]
    return add(type, [input, ...own], output, { kernel_shape: [5, 5], strides: [2, 2], pads: [1, 1, 2, 2] })
  }
  const down: string[] = []
  let now = 'magnitudes'
  for (let layer = 1; layer <= layers; layer += 1) {
    const convolved = convolution('Conv', now, `down${layer}_conv.1`, `down${layer}`)
    down.push(convolved)
    if (layer < layers) {
      const centred = normalized(convolved, `down${layer}_act.0`, `down${layer}.normalized`)
      now = add('LeakyRelu', [centred], `down${layer}.active`, { alpha: { float: 0.2 } })
    } else now = convolved
  }
  for (let layer = 1; layer <= layers; layer += 1) {
    const convolved = convolution('ConvTranspose', now, `up${layer}.0`, `up${layer}`)
    const active = add('Relu', [convolved], `up${layer}.active`)
    now = normalized(active, `up${layer}.3`, `up${layer}.normalized`)
    const beside = down[layers - 1 - layer]
    if (beside !== undefined) now = add('Concat', [beside, now], `up${layer}.beside`, { axis: 1 })
  }
  const last = [weight('up7.w', tensor('up7.0.weight')), weight('up7.b', tensor('up7.0.bias'))]
  const shape = { kernel_shape: [4, 4], dilations: [2, 2], pads: [3, 3, 3, 3] }
  const share = add('Sigmoid', [add('Conv', [now, ...last], 'up7', shape)], 'share')
  add('Mul', [share, 'magnitudes'], 'y')
}

function numbersOf({ data }: Tensor): number[] {
  return Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(4 * index))
}

function floats(values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) data.writeFloatLE(value, 4 * index)
  return data
}
