import { readStoredZip } from './stored-zip.ts'

/** 32-bit floating-point numbers in rows; `shape` says how many of which. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Buffer
}

/** A tensor as the pickle tells it: a storage, which is a file of the archive, and what of it. */
interface Part {
  readonly storage: string
  readonly offset: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

/**
 * Reads the weights in a file that `torch.save` wrote: a zip archive with a pickle, which names the tensors, and a file for
 * each of their storages. A pickle is a program; of its instructions only those that make such a dictionary are known
 * here, and any other ends the reading.
 */
export function readTorchWeights(archive: Buffer): ReadonlyMap<string, Tensor> {
  const files = readStoredZip(archive)
  const pickle = [...files].find(([name]) => name.endsWith('/data.pkl'))
  if (pickle === undefined) throw new TypeError('it has no data.pkl')
  const [path, program] = pickle
  const dir = path.slice(0, -'data.pkl'.length)
  const tensors = new Map<string, Tensor>()
  for (const [name, { storage, offset, shape, stride }] of partsIn(program)) {
    const numbers = files.get(`${dir}data/${storage}`)
    const count = shape.reduce((product, size) => product * size, 1)
    if (numbers === undefined || (offset + count) * 4 > numbers.length) throw new RangeError(`${name} is cut off`)
    if (!isContiguous(shape, stride)) throw new TypeError(`${name} is not in rows`)
    tensors.set(name, { shape, data: numbers.subarray(4 * offset, 4 * (offset + count)) })
  }
  return tensors
}

function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1
  return shape.toReversed().every((size, at) => {
    const isInRow = size === 1 || stride.at(-1 - at) === step
    step *= size
    return isInRow
  })
}

const mark = Symbol('mark')

function partsIn(program: Buffer): ReadonlyMap<string, Part> {
  const stack: unknown[] = []
  const memo = new Map<number, unknown>()
  let at = 0
  const skip = (bytes: number) => {
    at += bytes
    return at - bytes
  }
  const byte = () => program.readUInt8(skip(1))
  const line = () => {
    const end = program.indexOf(0x0a, at)
    const text = program.toString('latin1', at, end)
    at = end + 1
    return text
  }
  const popMark = () => stack.splice(stack.lastIndexOf(mark)).slice(1)
  const tuple = (count: number) => stack.push(stack.splice(stack.length - count))
  const instructions: Readonly<Record<number, () => void>> = {
    128: () => byte(),
    // Names of classes and functions stand for themselves: nothing is called.
    99: () => stack.push(`${line()}.${line()}`),
    40: () => stack.push(mark),
    41: () => stack.push([]),
    116: () => stack.push(popMark()),
    133: () => tuple(1),
    134: () => tuple(2),
    135: () => tuple(3),
    125: () => stack.push(new Map()),
    137: () => stack.push(false),
    75: () => stack.push(byte()),
    77: () => stack.push(program.readUInt16LE(skip(2))),
    74: () => stack.push(program.readInt32LE(skip(4))),
    88: () => {
      const bytes = program.readUInt32LE(skip(4))
      const from = skip(bytes)
      stack.push(program.toString('utf8', from, at))
    },
    113: () => memo.set(byte(), stack.at(-1)),
    104: () => stack.push(memo.get(byte())),
    81: () => stack.push(storageOf(stack.pop())),
    82: () => {
      const args = stack.pop()
      stack.push(made(stack.pop(), args))
    },
    115: () => {
      const [key, value] = stack.splice(-2)
      mapAt(stack.at(-1)).set(key, value)
    },
    117: () => {
      const pairs = popMark()
      for (let pair = 0; pair < pairs.length; pair += 2) mapAt(stack.at(-1)).set(pairs[pair], pairs[pair + 1])
    },
    // What is told of an object besides its content is not needed.
    98: () => stack.pop(),
  }
  for (let code = byte(); code !== 46; code = byte()) {
    const instruction = instructions[code]
    if (instruction === undefined)
      throw new TypeError(`the pickle has an instruction that weights do not need: ${code}`)
    instruction()
  }
  const parts = new Map<string, Part>()
  for (const [name, part] of mapAt(stack.pop())) {
    if (typeof name !== 'string' || !isPart(part)) throw new TypeError('the pickle has something else than tensors')
    parts.set(name, part)
  }
  return parts
}

function mapAt(value: unknown): Map<unknown, unknown> {
  if (!(value instanceof Map)) throw new TypeError('the pickle fills something else than a dictionary')
  return value
}

/** Of a storage, its number says which file it is. */
function storageOf(id: unknown): string {
  const [kind, type, key]: readonly unknown[] = Array.isArray(id) ? id : []
  if (kind !== 'storage' || type !== 'torch.FloatStorage' || typeof key !== 'string')
    throw new TypeError('the weights are not 32-bit floating-point numbers')
  return key
}

function made(name: unknown, args: unknown): unknown {
  if (name === 'collections.OrderedDict') return new Map()
  const [storage, offset, shape, stride]: readonly unknown[] = Array.isArray(args) ? args : []
  if (name === 'torch._utils._rebuild_tensor_v2') return { storage, offset, shape, stride }
  throw new TypeError(`the pickle makes something else than tensors: ${String(name)}`)
}

function isPart(value: unknown): value is Part {
  if (typeof value !== 'object' || value === null) return false
  const isNumbers = (list: unknown) => Array.isArray(list) && list.every((size) => Number.isSafeInteger(size))
  const [storage, offset, shape, stride] = ['storage', 'offset', 'shape', 'stride'].map((key): unknown =>
    Reflect.get(value, key),
  )
  return typeof storage === 'string' && Number.isSafeInteger(offset) && isNumbers(shape) && isNumbers(stride)
}
