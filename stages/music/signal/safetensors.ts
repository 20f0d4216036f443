/** Numbers in rows; `shape` says how many of which. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/**
 * Returns the tensors of 32-bit floating-point numbers in a file of the format safetensors: eight bytes with the length of a
 * header, the header as JSON (`{ name: { dtype, shape, data_offsets } }`), the numbers.
 */
export function readSafetensors(file: Uint8Array): ReadonlyMap<string, Tensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const headerBytes = Number(view.getBigUint64(0, true))
  const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)))
  if (typeof header !== 'object' || header === null) throw new TypeError('the file has no header of safetensors')
  const tensors = new Map<string, Tensor>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const [dtype, shape, offsets] = ['dtype', 'shape', 'data_offsets'].map((key): unknown =>
      Reflect.get(Object(entry), key),
    )
    if (dtype !== 'F32' || !isNumbers(shape) || !isNumbers(offsets)) throw new TypeError(`${name} is no tensor of F32`)
    const [from = 0, to = 0] = offsets
    const bytes = file.slice(8 + headerBytes + from, 8 + headerBytes + to)
    tensors.set(name, { shape, values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) })
  }
  return tensors
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}

/** Returns tensors as a file of the format safetensors. */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  let end = 0
  const entries = [...tensors].map(([name, { shape, values }]) => {
    const from = end
    end += values.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [from, end] }]
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8))
  const file = new Uint8Array(8 + header.length + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  let at = 8 + header.length
  for (const { values } of tensors.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return file
}
