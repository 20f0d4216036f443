/**
 * The format of CTranslate2's `model.bin`: a number that says its version, the name of a specification and its revision,
 * then the variables. Texts have their length before them and a zero at their end; numbers are little-endian.
 */

/** The types of numbers that a variable may hold. */
export const float32 = 0
export const float16 = 4

/** A variable: its dimensions, and its numbers as they are in the file. */
export interface Variable {
  readonly dims: readonly number[]
  readonly type: number
  readonly data: Buffer
}

export interface Ctranslate2Model {
  readonly specification: string
  readonly variables: ReadonlyMap<string, Variable>
}

/** Reads a model. Throws where the bytes are none, or end too early. */
export function readCtranslate2(bytes: Buffer): Ctranslate2Model {
  let at = 4
  const take = (count: number) => {
    if (at + count > bytes.length) throw new RangeError(`model.bin ends at byte ${bytes.length}, within a variable`)
    at += count
    return at - count
  }
  const uint8 = () => bytes.readUInt8(take(1))
  const uint32 = () => bytes.readUInt32LE(take(4))
  const text = () => {
    const length = bytes.readUInt16LE(take(2))
    const from = take(length)
    return bytes.toString('latin1', from, from + length - 1)
  }
  const specification = text()
  uint32()
  const variables = new Map<string, Variable>()
  for (let left = uint32(); left > 0; left -= 1) {
    const name = text()
    const dims = Array.from({ length: uint8() }, uint32)
    const type = uint8()
    const size = uint32()
    const from = take(size)
    variables.set(name, { dims, type, data: bytes.subarray(from, from + size) })
  }
  return { specification, variables }
}

/** Returns the numbers of a variable as 32-bit floats. */
export function asFloat32({ type, data }: Variable): Buffer {
  if (type === float32) return data
  if (type !== float16) throw new TypeError(`a variable of type ${type} holds no floating-point numbers`)
  const count = data.length / 2
  const wide = Buffer.allocUnsafe(count * 4)
  for (let index = 0; index < count; index += 1) wide.writeFloatLE(ofHalf(data.readUInt16LE(2 * index)), 4 * index)
  return wide
}

/** Returns the number that 16 bits stand for. */
function ofHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
