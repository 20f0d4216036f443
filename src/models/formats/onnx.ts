import type { Tensor } from './safetensors.ts'

/** An operation of a net: the names of what it takes and of what it makes. */
export interface OnnxNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whole numbers, lists of them, and `{ float }`. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { readonly float: number }>>
}

/** What a net takes or makes: 32-bit floating-point numbers, in a shape whose unknown sizes have names. */
export interface OnnxValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly weights: ReadonlyMap<string, Tensor | { readonly ints: readonly number[] }>
}

const [ofVarint, ofBytes, ofFloat] = [0, 2, 5]
const [floatType, int64Type] = [1, 7]
const irVersion = 8
const operatorSet = 13

/** Returns a net as a file of ONNX: messages of Protocol Buffers, each field with its number before it. */
export function onnxFile({ name, inputs, outputs, nodes, weights }: OnnxGraph): Buffer {
  const graph = message([
    ...nodes.map((node) => field(1, nodeMessage(node))),
    field(2, name),
    ...[...weights].map(([weight, tensor]) => field(5, tensorMessage(weight, tensor))),
    ...inputs.map((value) => field(11, valueMessage(value))),
    ...outputs.map((value) => field(12, valueMessage(value))),
  ])
  return message([int(1, irVersion), field(7, graph), field(8, message([field(1, ''), int(2, operatorSet)]))])
}

function nodeMessage({ type, inputs, outputs, attributes = {} }: OnnxNode): Buffer {
  return message([
    ...inputs.map((input) => field(1, input)),
    ...outputs.map((output) => field(2, output)),
    field(4, type),
    ...Object.entries(attributes).map(([name, value]) => field(5, attributeMessage(name, value))),
  ])
}

function attributeMessage(name: string, value: NonNullable<OnnxNode['attributes']>[string]): Buffer {
  if (typeof value === 'number') return message([field(1, name), int(3, value), int(20, 2)])
  if ('float' in value) {
    const number = Buffer.alloc(4)
    number.writeFloatLE(value.float)
    return message([field(1, name), tag(2, ofFloat), number, int(20, 1)])
  }
  return message([field(1, name), ...value.map((item) => int(8, item)), int(20, 7)])
}

function tensorMessage(name: string, tensor: Tensor | { readonly ints: readonly number[] }): Buffer {
  if ('ints' in tensor) {
    const raw = Buffer.alloc(8 * tensor.ints.length)
    for (const [index, value] of tensor.ints.entries()) raw.writeBigInt64LE(BigInt(value), 8 * index)
    return message([int(1, tensor.ints.length), int(2, int64Type), field(8, name), field(9, raw)])
  }
  return message([
    ...tensor.shape.map((size) => int(1, size)),
    int(2, floatType),
    field(8, name),
    field(9, tensor.data),
  ])
}

function valueMessage({ name, shape }: OnnxValue): Buffer {
  const dimensions = shape.map((size) => field(1, typeof size === 'number' ? int(1, size) : field(2, size)))
  const tensor = message([int(1, floatType), field(2, message(dimensions))])
  return message([field(1, name), field(2, field(1, tensor))])
}

function message(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields)
}

function field(number: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([tag(number, ofBytes), varint(bytes.length), bytes])
}

function int(number: number, value: number): Buffer {
  return Buffer.concat([tag(number, ofVarint), varint(value)])
}

function tag(number: number, kind: number | undefined): Buffer {
  return varint(number * 8 + (kind ?? 0))
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}
