import { describe, expect, it } from 'vitest'
import { onnxFile } from '../../src/models/formats/onnx.ts'
import { readPickle } from '../../src/models/formats/pickle.ts'
import { readOldTorchWeights } from '../../src/models/formats/torch-weights.ts'

const bytes = (...codes: number[]) => Buffer.from(codes)
const text = (value: string) => Buffer.concat([bytes(88, value.length, 0, 0, 0), Buffer.from(value)])
const name = (of: string) => Buffer.from(`c${of.replace(/\.(?=\w+$)/, '\n')}\n`)
const refusing = {
  made(of: string): unknown {
    throw new TypeError(`${of} is not needed`)
  },
}

describe('readPickle', () => {
  it('reads lists, dictionaries, numbers and what was read before', () => {
    const pickle = Buffer.concat([
      bytes(128, 2, 125, 113, 0, 40),
      text('a'),
      bytes(93, 40, 75, 1, 77, 1, 1, 136, 78, 101),
      text('b'),
      bytes(104, 0, 117, 46),
    ])
    const { value, end } = readPickle(pickle, 0, refusing)
    expect(value instanceof Map && value.get('a')).toEqual([1, 257, true, undefined])
    expect(value instanceof Map && value.get('b')).toBe(value)
    expect(end).toBe(pickle.length)
  })

  it('calls nothing that its reader does not know, and refuses other instructions', () => {
    const call = Buffer.concat([bytes(128, 2), name('os.system'), text('true'), bytes(133, 82, 46)])
    expect(() => readPickle(call, 0, refusing)).toThrow('os.system is not needed')
    expect(() => readPickle(bytes(128, 2, 105, 46), 0, refusing)).toThrow(
      'an instruction that weights do not need: 105',
    )
  })
})

describe('readOldTorchWeights', () => {
  it('reads the tensors of a member, from storages that follow in their own order', () => {
    const storage = (key: string) => [
      bytes(40),
      text('storage'),
      name('torch.FloatStorage'),
      text(key),
      text('cpu'),
      bytes(75, 2, 78, 116, 81),
    ]
    const tensor = (key: string) => [
      name('torch._utils._rebuild_tensor_v2'),
      bytes(40),
      ...storage(key),
      bytes(75, 0, 75, 2, 133, 75, 1, 133, 137, 78, 116, 82),
    ]
    const empty = bytes(128, 2, 125, 46)
    const saved = [
      bytes(128, 2, 125, 40),
      text('state'),
      bytes(125, 40),
      text('w'),
      ...tensor('2'),
      text('v'),
      ...tensor('1'),
      bytes(117, 117, 46),
    ]
    const keys = [bytes(128, 2, 93, 40), text('1'), text('2'), bytes(101, 46)]
    const numbers = (...values: number[]) =>
      Buffer.concat([bytes(values.length, 0, 0, 0, 0, 0, 0, 0), Buffer.from(Float32Array.from(values).buffer)])
    const file = Buffer.concat([empty, empty, empty, ...saved, ...keys, numbers(1, 2), numbers(3, 4)])
    const tensors = readOldTorchWeights(file, 'state')
    expect(tensors.get('w')).toMatchObject({ shape: [2] })
    expect(tensors.get('w')?.data.readFloatLE(4)).toBe(4)
    expect(tensors.get('v')?.data.readFloatLE(4)).toBe(2)
  })
})

describe('onnxFile', () => {
  it('writes messages of Protocol Buffers', () => {
    const file = onnxFile({
      name: 'g',
      inputs: [{ name: 'x', shape: ['n', 300] }],
      outputs: [],
      nodes: [
        { type: 'Relu', inputs: ['x'], outputs: ['y'], attributes: { axis: 1, alpha: { float: 0.5 }, pads: [1, 2] } },
      ],
      weights: new Map([['one', { ints: [1] }]]),
    })
    expect(file.toString('hex')).toBe(
      // ir_version 8; graph: node, name, initializer, input; operator set 13
      '0808' +
        '3a6a' +
        '0a390a01781201792204' +
        Buffer.from('Relu').toString('hex') +
        '2a0b0a04' +
        Buffer.from('axis').toString('hex') +
        '1801a00102' +
        '2a0f0a05' +
        Buffer.from('alpha').toString('hex') +
        '150000003fa00101' +
        '2a0d0a04' +
        Buffer.from('pads').toString('hex') +
        '40014002a00107' +
        '120167' +
        '2a1308011007' +
        '4203' +
        Buffer.from('one').toString('hex') +
        '4a080100000000000000' +
        '5a150a017812100a0e0801' +
        '120a0a0312016e0a0308ac02' +
        '4204' +
        '0a00' +
        '100d',
    )
  })
})
