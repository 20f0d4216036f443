import { open } from 'node:fs/promises'

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
  const headerBytes = headerLength(file)
  const tensors = new Map<string, Tensor>()
  for (const { name, shape, from, to } of placesIn(file.subarray(8, 8 + headerBytes))) {
    const bytes = file.slice(8 + headerBytes + from, 8 + headerBytes + to)
    tensors.set(name, { shape, values: numbersIn(bytes) })
  }
  return tensors
}

/** Reads some of the tensors of a file, and nothing else of it. */
export async function readTensors(path: string, names: readonly string[]): Promise<ReadonlyMap<string, Tensor>> {
  const file = await open(path)
  try {
    const read = async (from: number, length: number) => {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(bytes, at, length - at, from + at)
        if (bytesRead === 0) throw new TypeError('the file of tensors is cut off')
        at += bytesRead
      }
      return bytes
    }
    const headerBytes = headerLength(await read(0, 8))
    const tensors = new Map<string, Tensor>()
    for (const { name, shape, from, to } of placesIn(await read(8, headerBytes))) {
      if (!names.includes(name)) continue
      tensors.set(name, { shape, values: numbersIn(await read(8 + headerBytes + from, to - from)) })
    }
    return tensors
  } finally {
    await file.close()
  }
}

interface Place {
  readonly name: string
  readonly shape: readonly number[]
  /** In bytes after the header. */
  readonly from: number
  readonly to: number
}

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true))
}

function placesIn(headerText: Uint8Array): readonly Place[] {
  const header: unknown = JSON.parse(new TextDecoder().decode(headerText))
  if (typeof header !== 'object' || header === null) throw new TypeError('the file has no header of safetensors')
  return Object.entries(header).flatMap(([name, entry]) => {
    if (name === '__metadata__') return []
    const [dtype, shape, offsets] = ['dtype', 'shape', 'data_offsets'].map((key): unknown =>
      Reflect.get(Object(entry), key),
    )
    if (dtype !== 'F32' || !isNumbers(shape) || !isNumbers(offsets)) throw new TypeError(`${name} is no tensor of F32`)
    const [from = 0, to = 0] = offsets
    return [{ name, shape, from, to }]
  })
}

function numbersIn({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4)
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}

/** Returns tensors as a file of the format safetensors. */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  return Buffer.concat(safetensorParts(tensors))
}

/** Returns what a file of the format safetensors consists of, one after another: the numbers as they are in memory. */
export function safetensorParts(tensors: ReadonlyMap<string, Tensor>): readonly Uint8Array[] {
  let end = 0
  const entries = [...tensors].map(([name, { shape, values }]) => {
    const from = end
    end += values.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [from, end] }]
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8))
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true)
  const numbers = [...tensors.values()].map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  )
  return [length, header, ...numbers]
}
