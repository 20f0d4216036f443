import { readPickle } from './pickle.ts'
import type { Tensor } from './safetensors.ts'
import { readStoredZip } from './stored-zip.ts'

/** An array of numpy while its pickle is read. */
class OpenArray {
  tensor: Tensor | undefined
}

/** Reads the arrays of 32-bit floating-point numbers in a file of `torch.save` whose pickle holds them itself, by name. */
export function readNumpyWeights(archive: Buffer): ReadonlyMap<string, Tensor> {
  const pickle = [...readStoredZip(archive)].find(([name]) => name.endsWith('/data.pkl'))
  if (pickle === undefined) throw new TypeError('it has no data.pkl')
  const { value } = readPickle(pickle[1], 0, { made, built })
  if (!(value instanceof Map)) throw new TypeError('the pickle has something else than arrays')
  const tensors = new Map<string, Tensor>()
  for (const [name, array] of value) {
    if (typeof name !== 'string' || !(array instanceof OpenArray) || array.tensor === undefined)
      throw new TypeError('the pickle has something else than arrays')
    tensors.set(name, array.tensor)
  }
  return tensors
}

function made(name: string, args: readonly unknown[]): unknown {
  const [first] = args
  if (name === 'numpy.core.multiarray._reconstruct') return new OpenArray()
  if (name === 'numpy.dtype') return { dtype: first }
  // Bytes are written as the text whose characters have their numbers.
  if (name === '_codecs.encode' && typeof first === 'string') return Buffer.from(first, 'latin1')
  throw new TypeError(`the pickle makes something else than arrays: ${name}`)
}

function built(object: unknown, state: unknown): void {
  if (!(object instanceof OpenArray)) return
  const [, shape, type, isByColumns, data]: readonly unknown[] = Array.isArray(state) ? state : []
  const isFloat = typeof type === 'object' && type !== null && Reflect.get(type, 'dtype') === 'f4'
  if (!isFloat || isByColumns !== false || !Array.isArray(shape) || !Buffer.isBuffer(data))
    throw new TypeError('an array is not of 32-bit floating-point numbers in rows')
  const sizes = shape.map(Number)
  if (4 * sizes.reduce((product, size) => product * size, 1) !== data.length)
    throw new RangeError('an array is cut off')
  object.tensor = { shape: sizes, data }
}
