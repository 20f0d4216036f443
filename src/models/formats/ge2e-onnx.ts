import { type OnnxNode, onnxFile } from './onnx.ts'
import type { Tensor } from './safetensors.ts'

const bands = 40
const width = 256
const layers = 3

/**
 * Returns the net of Resemblyzer (Wan, Wang, Papir and Lopez Moreno, "Generalized end-to-end loss for speaker
 * verification", ICASSP 2018): from the mel bands of some stretches of speech, a direction in space for each, which is
 * near that of others of the same voice.
 */
export function ge2eOnnx(tensors: ReadonlyMap<string, Tensor>): Buffer {
  const tensor = (name: string) => {
    const found = tensors.get(name)
    if (found === undefined) throw new TypeError(`the net has no weights ${name}`)
    return found
  }
  const weights = new Map<string, Tensor | { readonly ints: readonly number[] }>([
    ['one', { ints: [1] }],
    ['zero', { ints: [0] }],
    ['linear.weight', tensor('linear.weight')],
    ['linear.bias', tensor('linear.bias')],
  ])
  const nodes: OnnxNode[] = [{ type: 'Transpose', inputs: ['mels'], outputs: ['in0'], attributes: { perm: [1, 0, 2] } }]
  for (let layer = 0; layer < layers; layer += 1) {
    const [input, state] = [
      inOnnxOrder(tensor(`lstm.weight_ih_l${layer}`)),
      inOnnxOrder(tensor(`lstm.weight_hh_l${layer}`)),
    ]
    const biases = ['ih', 'hh'].map((kind) => inOnnxOrder(tensor(`lstm.bias_${kind}_l${layer}`)).data)
    weights.set(`W${layer}`, { shape: [1, ...input.shape], data: input.data })
    weights.set(`R${layer}`, { shape: [1, ...state.shape], data: state.data })
    weights.set(`B${layer}`, { shape: [1, 8 * width], data: Buffer.concat(biases) })
    nodes.push(
      {
        type: 'LSTM',
        inputs: [`in${layer}`, `W${layer}`, `R${layer}`, `B${layer}`],
        outputs: [`out${layer}`, `last${layer}`],
        attributes: { hidden_size: width },
      },
      { type: 'Squeeze', inputs: [`out${layer}`, 'one'], outputs: [`in${layer + 1}`] },
    )
  }
  nodes.push(
    { type: 'Squeeze', inputs: [`last${layers - 1}`, 'zero'], outputs: ['last'] },
    {
      type: 'Gemm',
      inputs: ['last', 'linear.weight', 'linear.bias'],
      outputs: ['projected'],
      attributes: { transB: 1 },
    },
    { type: 'Relu', inputs: ['projected'], outputs: ['active'] },
    { type: 'LpNormalization', inputs: ['active'], outputs: ['voice'], attributes: { axis: 1, p: 2 } },
  )
  return onnxFile({
    name: 'ge2e',
    inputs: [{ name: 'mels', shape: ['stretches', 'frames', bands] }],
    outputs: [{ name: 'voice', shape: ['stretches', width] }],
    nodes,
    weights,
  })
}

/** The gates of PyTorch are input, forget, cell and output; those of ONNX input, output, forget and cell. */
function inOnnxOrder({ shape, data }: Tensor): Tensor {
  const quarter = data.length / 4
  const gate = (index: number) => data.subarray(index * quarter, (index + 1) * quarter)
  return { shape, data: Buffer.concat([gate(0), gate(3), gate(1), gate(2)]) }
}
