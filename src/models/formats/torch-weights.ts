import { readPickle } from './pickle.ts'
import type { Tensor } from './safetensors.ts'
import { readStoredZip } from './stored-zip.ts'

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
  const storages = new Map([...files].map(([name, data]) => [name.slice(`${dir}data/`.length), data]))
  return tensorsOf(partsIn(program), storages)
}

function tensorsOf(
  parts: ReadonlyMap<string, Part>,
  storages: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>()
  for (const [name, { storage, offset, shape, stride }] of parts) {
    const numbers = storages.get(storage)
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

/** Returns the tensors that a pickle of `torch.save` tells of, by name. */
function partsIn(program: Buffer): ReadonlyMap<string, Part> {
  return partsOf(readPickle(program, 0, { persistent: storageOf, made }).value)
}

function partsOf(tensors: unknown): ReadonlyMap<string, Part> {
  if (!(tensors instanceof Map)) throw new TypeError('the pickle fills something else than a dictionary')
  const parts = new Map<string, Part>()
  for (const [name, part] of tensors) {
    if (typeof name !== 'string' || !isPart(part)) throw new TypeError('the pickle has something else than tensors')
    parts.set(name, part)
  }
  return parts
}

/**
 * Reads the weights in a file of the older form of `torch.save`: pickles one after the other, the third of which says on
 * which machine, the fourth what there is, the fifth in which order the storages follow. `member` is where in the
 * dictionary the tensors are.
 */
export function readOldTorchWeights(file: Buffer, member: string): ReadonlyMap<string, Tensor> {
  let at = 0
  const next = () => {
    const { value, end } = readPickle(file, at, { persistent: storageOf, made })
    at = end
    return value
  }
  for (let head = 0; head < 3; head += 1) next()
  const [saved, keys] = [next(), next()]
  if (!(saved instanceof Map) || !Array.isArray(keys)) throw new TypeError('it is not a file of torch.save')
  const storages = new Map<string, Buffer>()
  for (const key of keys) {
    const bytes = 4 * Number(file.readBigInt64LE(at))
    storages.set(String(key), file.subarray(at + 8, at + 8 + bytes))
    at += 8 + bytes
  }
  return tensorsOf(partsOf(saved.get(member)), storages)
}

/** Of a storage, its number says which file it is. */
function storageOf(id: unknown): string {
  const [kind, type, key]: readonly unknown[] = Array.isArray(id) ? id : []
  if (kind !== 'storage' || type !== 'torch.FloatStorage' || typeof key !== 'string')
    throw new TypeError('the weights are not 32-bit floating-point numbers')
  return key
}

function made(name: string, [storage, offset, shape, stride]: readonly unknown[]): unknown {
  if (name === 'collections.OrderedDict') return new Map()
  if (name === 'torch._utils._rebuild_tensor_v2') return { storage, offset, shape, stride }
  throw new TypeError(`the pickle makes something else than tensors: ${name}`)
}

function isPart(value: unknown): value is Part {
  if (typeof value !== 'object' || value === null) return false
  const isNumbers = (list: unknown) => Array.isArray(list) && list.every((size) => Number.isSafeInteger(size))
  const [storage, offset, shape, stride] = ['storage', 'offset', 'shape', 'stride'].map((key): unknown =>
    Reflect.get(value, key),
  )
  return typeof storage === 'string' && Number.isSafeInteger(offset) && isNumbers(shape) && isNumbers(stride)
}
